//! Answers that are compressed on the way out.

use axum::body::Body;
use crosswalk_accounts::NewToken;
use http::Request;
use http_body_util::BodyExt;
use secrecy::ExposeSecret;
use tower::ServiceExt;

use crate::house::House;

/// Compression asks a body once more after its end, and a stream has to bear that.
#[tokio::test]
async fn streams_end_well_when_compressed() {
    let house = House::build(12).await;
    let store = house.app.store();
    let token = store
        .create_token(NewToken::of_environment(
            "test",
            store.default_environment().clone(),
        ))
        .await
        .unwrap();
    let account = &house.accounts["hubspot"];
    for encoding in ["gzip", "br", "identity"] {
        let request = Request::get(format!(
            "/unified/crm/users?integrated_account_id={account}&truto_response_format=stream"
        ))
        .header(
            "authorization",
            format!("Bearer {}", token.secret.expose_secret()),
        )
        .header("accept-encoding", encoding)
        .body(Body::empty())
        .unwrap();
        let answer = house.app.router().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        let compressed = answer.headers().get("content-encoding").is_some();
        assert_eq!(compressed, encoding != "identity", "{encoding}");
        let body = answer.into_body().collect().await;
        assert!(body.is_ok_and(|body| !body.to_bytes().is_empty()), "{encoding}");
    }
}

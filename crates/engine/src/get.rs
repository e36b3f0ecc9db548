//! One record by its id, and the liveness of an account.

use std::time::Instant;

use crosswalk_model::{ApiError, Query, UnifiedModel};

use crate::Engine;
use crate::explain::Explain;
use crate::fault::{Fault, Liveness, rate_headers, to_api_error};
use crate::lookup::find;
use crate::raw::{RawAnswer, content_type};
use crate::session::{Limits, Patience, Session};
use crate::shape::Shaper;
use crate::target::Target;

impl Engine {
    /// The record with that unified id, as JSON; a 404 when there is none.
    pub async fn get(
        &self,
        model: &UnifiedModel,
        target: &Target,
        id: &str,
        query: &Query,
    ) -> Result<Vec<u8>, ApiError> {
        let connector = &target.connector;
        let session = self
            .session(target)
            .await
            .map_err(|fault| to_api_error(connector, fault, false))?;
        let found = find(&session, model, query, id)
            .await?
            .ok_or_else(|| absent(model, target, id))?;
        let (_, compiled) = target
            .unified(&model.name)
            .ok_or_else(|| absent(model, target, id))?;
        let row = compiled
            .mapping
            .project(&found.record)
            .map_err(|problem| session.error(Fault::record(&problem), false))?;
        let mut body = Vec::with_capacity(found.record.len() + 256);
        Shaper::new(model, compiled.fields, query).write(&mut body, &row, false);
        if query.explain {
            let explain = Explain {
                integration: connector.name().to_owned(),
                vendor_requests: session.requests(),
                scanned: 1,
                kept: 1,
                quota_remaining: session.quota(),
                ..Explain::default()
            };
            if let Ok(explain) = serde_json::to_vec(&explain)
                && body.pop() == Some(b'}')
            {
                body.extend_from_slice(b",\"explain\":");
                body.extend(explain);
                body.push(b'}');
            }
        }
        Ok(body)
    }

    /// The vendor's answer for that record as it came; the record alone where the vendor has no such call.
    pub async fn get_raw(
        &self,
        model: &UnifiedModel,
        target: &Target,
        id: &str,
        query: &Query,
    ) -> Result<RawAnswer, ApiError> {
        let connector = &target.connector;
        let session = self
            .session(target)
            .await
            .map_err(|fault| to_api_error(connector, fault, false))?;
        let found = find(&session, model, query, id)
            .await?
            .ok_or_else(|| absent(model, target, id))?;
        Ok(match found.answer {
            Some(answer) => RawAnswer {
                status: answer.status,
                content_type: content_type(&answer.headers),
                headers: rate_headers(connector, &answer.headers),
                body: answer.body,
                next_cursor: None,
            },
            None => RawAnswer {
                status: 200,
                content_type: Some("application/json".to_owned()),
                headers: Vec::new(),
                body: found.record,
                next_cursor: None,
            },
        })
    }

    /// Whether the account's credentials live, refreshing them when they have ended.
    ///
    /// Says nothing to the credential source: what follows from the answer is the caller's decision.
    pub async fn check(&self, target: &Target) -> Liveness {
        self.liveness(target, Limits::Waited).await
    }

    /// The same without waiting for a limit of the vendor's, for who holds something that others wait for.
    pub async fn check_at_once(&self, target: &Target) -> Liveness {
        self.liveness(target, Limits::Told).await
    }

    async fn liveness(&self, target: &Target, limits: Limits) -> Liveness {
        let session = match self.session(target).await {
            Ok(session) => session,
            Err(Fault::NeedsReauth { reason, .. }) => return Liveness::Dead(reason),
            Err(Fault::CredentialsPassing(delay)) => return Liveness::Unknown(delay),
            Err(Fault::Connector(reason)) => return Liveness::Unknown(reason.into()),
            Err(_) => return Liveness::Unknown("the credentials could not be had".into()),
        };
        let credentials = session.credentials();
        let examined = session.alive(&credentials, limits).await;
        // A refresh token may count once, and a wrong address is no reason to spend it.
        let said = match examined.liveness {
            Liveness::Dead(said) if !examined.is_about_request => said,
            verdict => return verdict,
        };
        match target.credentials.refresh(&credentials).await {
            Ok(fresh) => session.alive(&fresh, limits).await.liveness,
            Err(crate::CredentialProblem::Passing(delay)) => Liveness::Unknown(delay),
            Err(crate::CredentialProblem::NeedsReauth(reason)) => {
                Liveness::Dead(format!("{said} ({reason})"))
            }
            Err(crate::CredentialProblem::NotRefreshable) => Liveness::Dead(said),
        }
    }

    pub(crate) async fn session<'a>(&'a self, target: &'a Target) -> Result<Session<'a>, Fault> {
        let config = self.config();
        let patience = Patience::until(Instant::now() + config.deadline, config.margin);
        Session::open(&self.inner, target, patience).await
    }
}

fn absent(model: &UnifiedModel, target: &Target, id: &str) -> ApiError {
    let shown: String = id.chars().take(100).collect();
    ApiError::new(
        404,
        format!(
            "{} has no {} with the id `{shown}`",
            target.connector.label(),
            model.singular
        ),
    )
}

//! Sends what webhooks are to hear.
//!
//! Every server does: the store decides who makes an attempt. What is sent goes out through a transport of
//! its own, which guards addresses like all others and reads little of what receivers answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crosswalk_accounts::{Attempt, Delivery, Store, StoreError};
use crosswalk_transport::{
    EgressUrl, HostPolicy, OutboundRequest, Transport, TransportConfig, TransportError,
};
use http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Uri};
use tokio::sync::Semaphore;

/// How long a receiver may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long an attempt is this process's alone; longer than it can take.
const LEASE: Duration = Duration::from_secs(60);
/// How often the store is asked for work.
const EVERY: Duration = Duration::from_secs(1);
/// How often what is done is forgotten.
const TIDY_EVERY: Duration = Duration::from_secs(600);
/// How many attempts are under way at once, and how many to one receiver.
const AT_ONCE: u32 = 32;
const TO_ONE: u32 = 4;
/// No more than this is read of an answer.
const MAX_ANSWER: usize = 1024 * 1024;

/// Sends deliveries. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Deliverer {
    store: Store,
    transport: Transport,
    /// Names this process in leases.
    owner: Arc<str>,
}

impl Deliverer {
    pub(crate) fn new(
        store: Store,
        egress: Option<EgressUrl>,
        allow_private: bool,
    ) -> Result<Self, TransportError> {
        let transport = Transport::new(TransportConfig {
            egress,
            allow_private,
            max_body: MAX_ANSWER,
            ..TransportConfig::default()
        })?;
        use std::hash::{BuildHasher, Hasher, RandomState};
        let random = RandomState::new().build_hasher().finish();
        Ok(Self {
            store,
            transport,
            owner: format!("{}-{random:016x}", std::process::id()).into(),
        })
    }

    /// Sends what is due, until it is dropped. What is under way then goes on.
    pub(crate) async fn run(self) {
        let places = Arc::new(Semaphore::new(AT_ONCE as usize));
        let mut tidied = None::<Instant>;
        loop {
            if tidied.is_none_or(|at| at.elapsed() >= TIDY_EVERY) {
                tidied = Some(Instant::now());
                if let Err(error) = self.store.forget_deliveries().await {
                    tracing::warn!(%error, "old webhook deliveries could not be forgotten");
                }
            }
            let free = u32::try_from(places.available_permits()).unwrap_or(AT_ONCE);
            let taken = match free {
                0 => Ok(Vec::new()),
                free => self.store.take_deliveries(&self.owner, free, TO_ONE, LEASE).await,
            };
            let count = taken.as_ref().map_or(0, Vec::len);
            match taken {
                Ok(deliveries) => {
                    for delivery in deliveries {
                        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                            return;
                        };
                        let deliverer = self.clone();
                        tokio::spawn(async move {
                            deliverer.attempt(&delivery).await;
                            drop(place);
                        });
                    }
                }
                Err(error) => tracing::warn!(%error, "webhook deliveries could not be read"),
            }
            // Where there was work, there may be more as soon as that is done.
            let pause = if count > 0 { EVERY / 10 } else { EVERY };
            tokio::time::sleep(pause).await;
        }
    }

    /// Sends one delivery now, whenever it is due; `None` if another process is at it.
    pub(crate) async fn send_now(&self, id: &str) -> Result<Option<Attempt>, StoreError> {
        match self.store.take_delivery(id, &self.owner, LEASE).await? {
            Some(delivery) => Ok(Some(self.attempt(&delivery).await)),
            None => Ok(None),
        }
    }

    async fn attempt(&self, delivery: &Delivery) -> Attempt {
        let begun = Instant::now();
        let attempt = match self.send(delivery).await {
            Ok((status, retry_after)) => Attempt {
                status: Some(status),
                error: (!(200..300).contains(&status)).then(|| format!("it answered {status}")),
                retry_after,
            },
            Err(error) => Attempt {
                status: None,
                error: Some(error),
                retry_after: None,
            },
        };
        let outcome = if attempt.error.is_none() {
            "delivered"
        } else {
            "failed"
        };
        metrics::counter!("crosswalk_webhook_attempts_total", "outcome" => outcome).increment(1);
        tracing::debug!(
            delivery = delivery.id,
            status = attempt.status,
            error = attempt.error,
            milliseconds = begun.elapsed().as_millis() as u64,
            "webhook attempt"
        );
        if let Err(error) = self.store.finish_delivery(delivery, &attempt).await {
            tracing::error!(%error, delivery = delivery.id, "what came of a webhook could not be written; it may be sent again");
        }
        attempt
    }

    /// The status that a delivery is answered with, and how long the receiver asks to wait.
    async fn send(&self, delivery: &Delivery) -> Result<(u16, Option<Duration>), String> {
        let url: Uri = delivery
            .target_url
            .parse()
            .map_err(|_| "its address is not a URL".to_owned())?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in delivery.headers() {
            let value = HeaderValue::try_from(value).map_err(|_| "its headers can not be sent".to_owned())?;
            headers.insert(HeaderName::from_static(name), value);
        }
        let host = url.host().unwrap_or_default().to_owned();
        let request = OutboundRequest {
            method: Method::POST,
            url,
            headers,
            body: delivery.body.clone().into(),
            hosts: HostPolicy::only(vec![host]),
        };
        let answer = self
            .transport
            .send(request, Instant::now() + PATIENCE)
            .await
            .map_err(|error| error.to_string())?;
        let retry_after = answer
            .headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs);
        Ok((answer.status.as_u16(), retry_after))
    }
}

//! Vendor requests of one call: credentials, retries, rate-limit waits, and the log for `explain`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crosswalk_connector::Connector;
use crosswalk_connector::file::{ErrorClass, LivenessCheck, Scheme};
use crosswalk_mapping::Layout;
use crosswalk_model::{ApiError, Delay};
use crosswalk_transport::{HostPolicy, OutboundRequest, OutboundResponse, TransportError};
use jiff::Timestamp;
use tracing::Instrument;

use crate::backoff::backoff;
use crate::explain::VendorRequest;
use crate::fault::{
    Answer, Call, Fault, Liveness, answer_scope, classify, retry_after, shows_life, to_api_error, words,
};
use crate::request::{self, BuildError, Built, Overlay};
use crate::target::{CredentialProblem, CredentialSet, Target};
use crate::wait;
use crate::{EngineConfig, Inner};

/// How often one request may be made with newer credentials.
const RENEWALS: u32 = 3;

/// How long a call may go on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// When the call has to have answered; none for a stream, which lives as long as the vendor answers.
    pub(crate) deadline: Option<Instant>,
    /// Before this time a further page may be begun.
    pub(crate) soft: Option<Instant>,
}

impl Patience {
    pub(crate) fn until(deadline: Instant, margin: Duration) -> Self {
        Self {
            deadline: Some(deadline),
            soft: deadline.checked_sub(margin),
        }
    }

    pub(crate) fn endless() -> Self {
        Self {
            deadline: None,
            soft: None,
        }
    }

    /// Whether no further vendor page should be begun.
    pub(crate) fn is_late(&self) -> bool {
        self.soft.is_some_and(|soft| Instant::now() >= soft)
    }

    fn left(&self) -> Duration {
        match self.deadline {
            Some(deadline) => deadline.saturating_duration_since(Instant::now()),
            // A stream waits for a rate limit as long as it takes, within reason.
            None => Duration::from_secs(300),
        }
    }
}

/// What is done about a vendor's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limits {
    /// It is waited for within the call's time.
    Waited,
    /// It is told at once.
    Told,
}

/// What a liveness call told.
pub(crate) struct Examined {
    pub(crate) liveness: Liveness,
    /// Whether a refusal was of the request, not of the credentials: other ones would not help.
    pub(crate) is_about_request: bool,
}

impl From<Liveness> for Examined {
    fn from(liveness: Liveness) -> Self {
        Self {
            liveness,
            is_about_request: false,
        }
    }
}

/// One call's conversation with the vendor.
pub(crate) struct Session<'a> {
    engine: &'a Inner,
    target: &'a Target,
    scheme: &'a Scheme,
    pub(crate) patience: Patience,
    /// In milliseconds since the epoch.
    begun: i64,
    credentials: Mutex<Arc<CredentialSet>>,
    quota: Mutex<Option<String>>,
}

impl<'a> Session<'a> {
    /// Takes the account's credentials.
    pub(crate) async fn open(
        engine: &'a Inner,
        target: &'a Target,
        patience: Patience,
    ) -> Result<Self, Fault> {
        let scheme = target.connector.scheme(target.method).ok_or_else(|| {
            Fault::Connector(format!("it has no authentication method `{}`", target.method))
        })?;
        let credentials = credentials(target, None, &patience)
            .await
            .map_err(credential_fault)?;
        Ok(Self {
            engine,
            target,
            scheme,
            patience,
            begun: Timestamp::now().as_millisecond(),
            credentials: Mutex::new(credentials),
            quota: Mutex::default(),
        })
    }

    pub(crate) fn config(&self) -> &'a EngineConfig {
        &self.engine.config
    }

    pub(crate) fn connector(&self) -> &'a Connector {
        &self.target.connector
    }

    pub(crate) fn target(&self) -> &'a Target {
        self.target
    }

    pub(crate) fn credentials(&self) -> Arc<CredentialSet> {
        Arc::clone(&self.credentials.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The error that a fault of this call is for its client, without the account's secrets.
    pub(crate) fn error(&self, fault: Fault, asked_as_given: bool) -> ApiError {
        let credentials = self.credentials();
        to_api_error(self.connector(), fault, asked_as_given).scrubbed(|text| credentials.scrub(text))
    }

    /// The requests made so far, for `explain`.
    pub(crate) fn requests(&self) -> Vec<VendorRequest> {
        self.target.requests.first()
    }

    /// What the vendor last said is left of the quota.
    pub(crate) fn quota(&self) -> Option<String> {
        self.quota.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends what `build` makes of the credentials until it is answered for good.
    ///
    /// A success, an empty answer and "not found" come back; everything else is a [`Fault`]. Credentials are
    /// refreshed once. The request is built anew after a refresh, since a token answer may move the account
    /// to another host.
    pub(crate) async fn send<B>(&self, call: Call, layout: Option<&Layout>, build: B) -> Result<Answer, Fault>
    where
        B: Fn(&CredentialSet) -> Result<Built, BuildError> + Sync,
    {
        let mut renewals = 0;
        let mut attempt = 0;
        loop {
            let credentials = self.credentials();
            let built = build(&credentials).map_err(|error| Fault::Connector(error.to_string()))?;
            let answer = match self.once(call, layout, &built, &credentials).await {
                Ok(answer) => answer,
                Err(fault) => {
                    self.pause(attempt, fault).await?;
                    attempt += 1;
                    continue;
                }
            };
            match answer.class {
                ErrorClass::Ok | ErrorClass::Empty | ErrorClass::NotFound => return Ok(answer),
                // Credentials that another process had stored before this call may be over as well; those
                // that were made for it get no second try.
                ErrorClass::Unauthorized
                    if renewals < RENEWALS && (renewals == 0 || credentials.stored_at < self.begun) =>
                {
                    renewals += 1;
                    self.renew(&credentials, answer).await?;
                }
                ErrorClass::Unauthorized => return Err(self.verdict(&credentials, answer, None).await),
                ErrorClass::RateLimited => {
                    self.wait_for_limit(call, attempt, answer).await?;
                    attempt += 1;
                }
                ErrorClass::Unavailable => {
                    let wait = self.return_time(call, &answer);
                    let answer = Box::new(answer);
                    self.pause(attempt, Fault::Answered { answer, wait }).await?;
                    attempt += 1;
                }
                ErrorClass::QuotaExceeded => {
                    // The wait of a short limit says nothing of a day's.
                    let wait = self
                        .asked_wait(call, &answer)
                        .filter(|wait| wait.spelling.is_some());
                    return Err(Fault::Answered {
                        answer: Box::new(answer),
                        wait,
                    });
                }
                ErrorClass::Forbidden | ErrorClass::Invalid | ErrorClass::Failed => {
                    return Err(Fault::Answered {
                        answer: Box::new(answer),
                        wait: None,
                    });
                }
            }
        }
    }

    /// One request, one answer.
    async fn once(
        &self,
        call: Call,
        layout: Option<&Layout>,
        built: &Built,
        credentials: &CredentialSet,
    ) -> Result<Answer, Fault> {
        let (url, headers) = request::authorize(built, self.scheme, credentials)
            .map_err(|error| Fault::Connector(error.to_string()))?;
        let url = url
            .parse()
            .map_err(|_| Fault::Connector("its address is not a URL".to_owned()))?;
        let outbound = OutboundRequest {
            method: built.method.clone(),
            url,
            headers,
            body: built.body.clone(),
            hosts: self.hosts(credentials),
        };
        let begun = Instant::now();
        let timeout = self.engine.config.request_timeout.min(self.patience.left());
        // Only an exporter of traces listens to this target; without one the span costs nothing.
        let span = tracing::info_span!(
            target: "crosswalk::trace",
            "vendor request",
            otel.kind = "client",
            integration = self.connector().name(),
            http.request.method = %built.method,
            http.response.status_code = tracing::field::Empty
        );
        let sent = self.engine.transport.send(outbound, begun + timeout);
        let outcome = sent.instrument(span.clone()).await;
        if let Ok(answer) = &outcome {
            span.record("http.response.status_code", answer.status.as_u16());
        }
        let fault = outcome.as_ref().err().map(ToString::to_string);
        let status = outcome.as_ref().ok().map(|answer| answer.status.as_u16());
        self.note(built, status, begun, fault);
        match outcome {
            Ok(OutboundResponse {
                status,
                headers,
                body,
                ..
            }) => {
                let errors = &self.connector().file.errors;
                let class = classify(errors, call, status.as_u16(), &headers, &body, layout);
                if let Some(remaining) = &self.connector().file.rate_limit.remaining
                    && let Some(value) = headers
                        .get(remaining.as_str())
                        .and_then(|value| value.to_str().ok())
                {
                    self.target.credentials.quota_left(value);
                    *self.quota.lock().unwrap_or_else(PoisonError::into_inner) = Some(value.to_owned());
                }
                Ok(Answer {
                    status: status.as_u16(),
                    headers,
                    body,
                    class,
                })
            }
            Err(TransportError::Timeout { .. }) => Err(Fault::Timeout),
            Err(error) if error.is_retryable() => Err(Fault::Unreachable(error.to_string())),
            Err(error) => Err(Fault::Malformed(error.to_string())),
        }
    }

    fn hosts(&self, credentials: &CredentialSet) -> HostPolicy {
        let mut scope = serde_json::Map::with_capacity(1);
        scope.insert(
            "settings".into(),
            serde_json::Value::Object(credentials.settings.clone()),
        );
        HostPolicy::only(self.connector().hosts(&serde_json::Value::Object(scope)))
    }

    fn note(&self, built: &Built, status: Option<u16>, begun: Instant, fault: Option<String>) {
        let elapsed = begun.elapsed();
        let label = self.connector().name().to_owned();
        let outcome = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        metrics::counter!("crosswalk_vendor_requests_total", "integration" => label.clone(), "status" => outcome)
            .increment(1);
        metrics::histogram!("crosswalk_vendor_request_seconds", "integration" => label)
            .record(elapsed.as_secs_f64());
        tracing::debug!(
            integration = self.connector().name(),
            account = %self.target.account,
            method = %built.method,
            url = %built.url,
            status,
            milliseconds = elapsed.as_millis() as u64,
            fault,
            "vendor request"
        );
        self.target.requests.push(VendorRequest {
            method: built.method.to_string(),
            url: built.url.clone(),
            status,
            started_after: self.target.requests.after(begun),
            milliseconds: elapsed.as_millis() as u64,
            fault,
        });
    }

    /// Waits before the next attempt, or gives the fault back when there is none.
    async fn pause(&self, attempt: u32, fault: Fault) -> Result<(), Fault> {
        let passing = matches!(
            fault,
            Fault::Unreachable(_) | Fault::Timeout | Fault::Answered { .. }
        );
        if !passing || attempt >= self.engine.config.retries {
            return Err(fault);
        }
        let asked = match &fault {
            Fault::Answered { wait, .. } => wait.as_ref().map(|wait| wait.time),
            _ => None,
        };
        let wait = asked.unwrap_or_else(|| backoff(attempt));
        if wait + Duration::from_millis(100) >= self.patience.left() {
            return Err(fault);
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// When a vendor in maintenance says that it is back.
    fn return_time(&self, call: Call, answer: &Answer) -> Option<wait::Wait> {
        let says = answer.headers.contains_key(http::header::RETRY_AFTER);
        says.then(|| self.asked_wait(call, answer)).flatten()
    }

    fn asked_wait(&self, call: Call, answer: &Answer) -> Option<wait::Wait> {
        let scope = answer_scope(call, answer.status, &answer.headers, &answer.body);
        wait::asked(&self.connector().file.rate_limit, &scope, Timestamp::now())
    }

    async fn wait_for_limit(&self, call: Call, attempt: u32, answer: Answer) -> Result<(), Fault> {
        let asked = self.asked_wait(call, &answer);
        let time = asked
            .as_ref()
            .map_or_else(|| backoff(attempt), |wait| wait.time + jitter());
        let too_often = attempt >= self.engine.config.retries + 2;
        if too_often || time + Duration::from_millis(100) >= self.patience.left() {
            return Err(Fault::Answered {
                answer: Box::new(answer),
                wait: asked,
            });
        }
        tokio::time::sleep(time).await;
        Ok(())
    }

    /// Refreshed credentials after a 401, or the verdict on the account.
    async fn renew(&self, rejected: &CredentialSet, answer: Answer) -> Result<(), Fault> {
        match credentials(self.target, Some(rejected), &self.patience).await {
            Ok(fresh) => {
                *self.credentials.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
                Ok(())
            }
            Err(CredentialProblem::Passing(delay)) => Err(Fault::CredentialsPassing(delay)),
            Err(CredentialProblem::NeedsReauth(reason)) => {
                Err(self.verdict(rejected, answer, Some(reason)).await)
            }
            Err(CredentialProblem::NotRefreshable) => Err(self.verdict(rejected, answer, None).await),
        }
    }

    /// After a 401 that a refresh did not help: only when the liveness call is refused too is the connection
    /// given up; a vendor that says 401 for a missing right costs nobody an account.
    async fn verdict(&self, rejected: &CredentialSet, answer: Answer, refused: Option<String>) -> Fault {
        match self.alive(rejected, Limits::Waited).await.liveness {
            Liveness::Alive => Fault::Answered {
                answer: Box::new(answer),
                wait: None,
            },
            Liveness::Unknown(delay) if delay.retry_after.is_some() => Fault::CredentialsPassing(delay),
            Liveness::Unknown(delay) => Fault::Unreachable(delay.reason),
            Liveness::Dead(said) => {
                let reason = refused.unwrap_or(said);
                let reason = rejected.scrub(&reason);
                self.target.credentials.dead(rejected, &reason).await;
                Fault::NeedsReauth {
                    reason,
                    answer: Some(Box::new(answer)),
                }
            }
        }
    }

    /// Makes the liveness call with these credentials, retrying passing faults.
    pub(crate) async fn alive(&self, credentials: &CredentialSet, limits: Limits) -> Examined {
        let check = self.liveness_check();
        let built = match self.liveness_request(credentials) {
            Ok(built) => built,
            Err(error) => return Liveness::Unknown(error.to_string().into()).into(),
        };
        let mut attempt = 0;
        loop {
            let fault = match self.once(Call::Check, None, &built, credentials).await {
                Ok(answer) => {
                    let scope = answer_scope(Call::Check, answer.status, &answer.headers, &answer.body);
                    if shows_life(check, &scope, answer.class) {
                        return Liveness::Alive.into();
                    }
                    let errors = &self.connector().file.errors;
                    let said =
                        words(errors, &answer.body).unwrap_or_else(|| format!("status {}", answer.status));
                    match answer.class {
                        ErrorClass::Unavailable => Fault::Answered {
                            wait: self.return_time(Call::Check, &answer),
                            answer: Box::new(answer),
                        },
                        class @ (ErrorClass::RateLimited | ErrorClass::QuotaExceeded) => {
                            let wait = self.asked_wait(Call::Check, &answer);
                            let limited = Delay {
                                reason: format!("rate limited: {said}"),
                                retry_after: Some(retry_after(class, wait.as_ref())),
                            };
                            if class == ErrorClass::QuotaExceeded
                                || limits == Limits::Told
                                || self.wait_for_limit(Call::Check, attempt, answer).await.is_err()
                            {
                                return Liveness::Unknown(limited).into();
                            }
                            attempt += 1;
                            continue;
                        }
                        class => {
                            return Examined {
                                liveness: Liveness::Dead(credentials.scrub(&said)),
                                is_about_request: matches!(
                                    class,
                                    ErrorClass::NotFound | ErrorClass::Invalid | ErrorClass::Failed
                                ),
                            };
                        }
                    }
                }
                Err(fault) => fault,
            };
            let reason = match &fault {
                Fault::Answered { answer, .. } => format!("it answered {}", answer.status),
                Fault::Timeout => "it did not answer in time".to_owned(),
                Fault::Unreachable(reason) | Fault::Malformed(reason) | Fault::Connector(reason) => {
                    reason.clone()
                }
                _ => "it could not be asked".to_owned(),
            };
            if self.pause(attempt, fault).await.is_err() {
                return Liveness::Unknown(reason.into()).into();
            }
            attempt += 1;
        }
    }

    fn liveness_check(&self) -> &'a LivenessCheck {
        let common = &self.target.connector.file.auth.check;
        self.scheme.check.as_ref().unwrap_or(common)
    }

    /// The liveness request. A credential in its path is shown nowhere: the logged address has none.
    fn liveness_request(&self, credentials: &CredentialSet) -> Result<Built, BuildError> {
        let connector = self.connector();
        let scope = credentials.scope();
        let base_url = connector.base_url(&scope)?;
        request::build(
            &base_url,
            &connector.file.api.headers,
            &self.liveness_check().request,
            &scope,
            &Overlay::default(),
            &[],
        )
    }
}

/// The account's credentials to use now, or newer ones than `rejected`. A token endpoint whose limit is over within
/// the call's time is asked once more.
async fn credentials(
    target: &Target,
    rejected: Option<&CredentialSet>,
    patience: &Patience,
) -> Result<Arc<CredentialSet>, CredentialProblem> {
    let source = &target.credentials;
    let mut may_wait = true;
    loop {
        // The refresh goes on by itself when nobody waits for it any more.
        let asked = tokio::time::timeout(patience.left(), async {
            match rejected {
                None => source.current().await,
                Some(rejected) => source.refresh(rejected).await,
            }
        });
        let outcome = asked.await.unwrap_or_else(|_| {
            let late = "the token endpoint did not answer within the deadline";
            Err(CredentialProblem::Passing(late.into()))
        });
        let Err(CredentialProblem::Passing(Delay {
            retry_after: Some(seconds),
            ..
        })) = outcome
        else {
            return outcome;
        };
        let wait = Duration::from_secs(seconds) + jitter();
        if !may_wait || wait + Duration::from_millis(100) >= patience.left() {
            return outcome;
        }
        may_wait = false;
        tokio::time::sleep(wait).await;
    }
}

fn jitter() -> Duration {
    backoff(0) / 4
}

fn credential_fault(problem: CredentialProblem) -> Fault {
    match problem {
        CredentialProblem::NeedsReauth(reason) => Fault::NeedsReauth { reason, answer: None },
        CredentialProblem::NotRefreshable => Fault::NeedsReauth {
            reason: "they have ended and can not be refreshed".to_owned(),
            answer: None,
        },
        CredentialProblem::Passing(delay) => Fault::CredentialsPassing(delay),
    }
}

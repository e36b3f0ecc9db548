//! `crosswalk users list`: one stream from the first record to the last, printed as it comes.

use std::time::Duration;

use clap::Args;
use crosswalk_model::UnifiedModel;
use crosswalk_server::LocalResponse;
use http::Method;
use serde_json::Value;

use super::{Common, members};
use crate::failure::Failed;
use crate::local::{Local, Refusal, encode};
use crate::output::progress::Progress;
use crate::output::records::Records;
use crate::output::{Format, is_terminal, text};

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) common: Common,
    /// Stop after so many; all of them when left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

/// What an error inside a stream begins with. No record does: a record's first member is its id.
const ERROR: &[u8] = b"{\"error\":";

/// After so long without a record, the progress shows how many there are.
const WAIT: Duration = Duration::from_millis(120);

pub(super) async fn run(
    local: &Local,
    model: &UnifiedModel,
    args: &ListArgs,
    query: &str,
) -> Result<(), Failed> {
    let common = &args.common;
    let usual = if is_terminal() {
        Format::Table
    } else {
        Format::Ndjson
    };
    let format = common.output.output.unwrap_or(usual);
    let members = match format {
        Format::Table | Format::Csv => members(local, model, common).await?,
        Format::Json | Format::Ndjson => Vec::new(),
    };
    let path = format!(
        "/unified/{}?integrated_account_id={}&truto_response_format=stream&truto_ignore_remote_data={}{query}",
        model.name,
        encode(&common.account),
        !common.remote_data,
    );
    // Where records run over the same terminal, they are the progress.
    let mut progress = Progress::new(format == Format::Table || !is_terminal());
    progress.show(|| "asking…".to_owned());
    let answer = local
        .send(Method::GET, &path, None, Some("application/x-ndjson"))
        .await
        .map_err(Refusal::of_account);
    let mut lines = Lines::new(answer?);
    let mut records = Records::new(format, members);
    let mut failed = None;
    while args.limit.is_none_or(|most| records.count() < most) {
        let line = tokio::select! {
            biased;
            line = lines.next() => line,
            () = tokio::time::sleep(WAIT) => {
                progress.show(|| format!("{}…", counted(records.count(), model)));
                continue;
            }
        };
        let Some(line) = line else { break };
        if line.starts_with(ERROR) {
            failed = Some(told(&line));
            break;
        }
        records.add(&line)?;
        progress.show(|| format!("{}…", counted(records.count(), model)));
    }
    progress.clear();
    let count = records.finish()?;
    if let Some(failed) = failed {
        return Err(failed.with_hint(format!(
            "The {} above are not all that there are.",
            counted(count, model)
        )));
    }
    if format == Format::Table {
        say!("{}", counted(count, model));
    }
    Ok(())
}

fn counted(count: u64, model: &UnifiedModel) -> String {
    text::counted(count, &model.singular, &model.resource)
}

/// What an error inside the stream says.
fn told(line: &[u8]) -> Failed {
    let error: Value = serde_json::from_slice(line).unwrap_or_default();
    let message = error["error"]["message"].as_str();
    Failed::new(message.unwrap_or("the list ended early"))
}

/// The lines of an answer that grows.
struct Lines {
    answer: LocalResponse,
    buffer: Vec<u8>,
    /// How much of the buffer was given out.
    done: usize,
}

impl Lines {
    fn new(answer: LocalResponse) -> Self {
        Self {
            answer,
            buffer: Vec::new(),
            done: 0,
        }
    }

    /// The next line without its end; `None` after the last. Nothing is lost when it is not waited for.
    async fn next(&mut self) -> Option<Vec<u8>> {
        // Where the search for the end of the line goes on.
        let mut from = self.done;
        loop {
            if let Some(length) = self.buffer[from..].iter().position(|byte| *byte == b'\n') {
                let end = from + length;
                let line = self.buffer[self.done..end].to_vec();
                self.done = end + 1;
                if line.is_empty() {
                    from = self.done;
                    continue;
                }
                return Some(line);
            }
            self.buffer.drain(..self.done);
            self.done = 0;
            from = self.buffer.len();
            match self.answer.chunk().await {
                Some(chunk) => self.buffer.extend_from_slice(&chunk),
                None if self.buffer.is_empty() => return None,
                None => return Some(std::mem::take(&mut self.buffer)),
            }
        }
    }
}

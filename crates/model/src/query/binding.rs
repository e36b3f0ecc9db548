//! What a cursor is bound to.

use super::Query;
use crate::instant::Instant;
use crate::predicate::{Cmp, Predicate, Test};

/// The first byte of every binding; another encoding has another one, so that cursors of before are refused
/// instead of misread.
const VERSION: u8 = 1;

impl Query {
    /// Everything that decides which records come in which order (filters, sort, object parameters,
    /// `remote_query`), as bytes that are the same for the same meaning, whatever the spelling and the order
    /// of the parameters. Page size and shaping are no part of it.
    ///
    /// Texts count as they were given: case makes no difference to the answer, but it may to a vendor's own
    /// cursor. The values of one vendor parameter that is given several times keep their order.
    pub fn binding(&self) -> Vec<u8> {
        let mut predicates: Vec<Vec<u8>> = self.predicates.iter().map(predicate).collect();
        predicates.sort();
        predicates.dedup();
        let mut remote: Vec<&(String, String)> = self.remote_query.iter().collect();
        remote.sort_by(|(a, _), (b, _)| a.cmp(b));

        let mut out = vec![VERSION];
        count(&mut out, predicates.len());
        for one in &predicates {
            bytes(&mut out, one);
        }
        match self.sort {
            Some(sort) => out.extend([1, sort.field.0, u8::from(sort.descending)]),
            None => out.push(0),
        }
        count(&mut out, self.parameters.len());
        for (name, members) in &self.parameters {
            bytes(&mut out, name.as_bytes());
            count(&mut out, members.len());
            for (member, value) in members {
                bytes(&mut out, member.as_bytes());
                bytes(&mut out, value.as_bytes());
            }
        }
        count(&mut out, remote.len());
        for (name, value) in remote {
            bytes(&mut out, name.as_bytes());
            bytes(&mut out, value.as_bytes());
        }
        out
    }
}

fn predicate(predicate: &Predicate) -> Vec<u8> {
    let mut out = Vec::new();
    count(&mut out, predicate.fields.len());
    out.extend(predicate.fields.iter().map(|field| field.0));
    match &predicate.test {
        Test::Eq(text) => tagged(&mut out, 1, [&text.given]),
        Test::Ne(text) => tagged(&mut out, 2, [&text.given]),
        Test::In(texts) => tagged(&mut out, 3, texts.iter().map(|text| &text.given)),
        Test::Contains(text) => tagged(&mut out, 4, [&text.given]),
        Test::StartsWith(text) => tagged(&mut out, 5, [&text.given]),
        Test::IdEq(id) => tagged(&mut out, 6, [id]),
        Test::IdNe(id) => tagged(&mut out, 7, [id]),
        Test::IdIn(ids) => tagged(&mut out, 8, ids),
        Test::IdContains(id) => tagged(&mut out, 9, [id]),
        Test::IdStartsWith(id) => tagged(&mut out, 10, [id]),
        Test::Is(truth) => out.extend([11, u8::from(*truth)]),
        Test::At(cmp, Instant(millis)) => {
            let side = match cmp {
                Cmp::Gt => 1,
                Cmp::Gte => 2,
                Cmp::Lt => 3,
                Cmp::Lte => 4,
                Cmp::Eq => 5,
            };
            out.extend([12, side]);
            out.extend(millis.to_be_bytes());
        }
    }
    out
}

fn tagged<'t>(out: &mut Vec<u8>, tag: u8, texts: impl IntoIterator<Item = &'t String>) {
    out.push(tag);
    for text in texts {
        bytes(out, text.as_bytes());
    }
}

/// Lengths stand in front, so that no two queries have the same bytes.
fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    count(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn count(out: &mut Vec<u8>, count: usize) {
    out.extend((count as u64).to_be_bytes());
}

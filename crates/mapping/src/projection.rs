//! The names that a mapping reads, as a tree that one pass over a record fills.

use smallvec::SmallVec;

use crate::scan::{ScanError, Scanner};

/// What a record has at a path of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Capture<'b> {
    /// Nothing.
    #[default]
    Missing,
    /// A string without escapes: what is between its quotes.
    Text(&'b str),
    /// Any other value, as it is written.
    Raw(&'b str),
    /// The path leads through an array, where JSONata maps over the elements.
    ThroughArray,
}

pub(crate) type Captures<'b> = SmallVec<[Capture<'b>; 12]>;

/// One object's wanted names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    members: Vec<Member>,
}

#[derive(Clone, Debug)]
struct Member {
    name: String,
    /// What most other names differ in, in one word.
    head: u64,
    /// Where the whole value goes.
    slot: Option<usize>,
    /// What is wanted inside it.
    inner: Wanted,
    /// All slots inside it.
    slots_inside: Vec<usize>,
}

impl Wanted {
    /// The slot for a path, made if need be. `slots` counts all slots.
    pub(crate) fn slot(&mut self, path: &[String], slots: &mut usize) -> Option<usize> {
        let (name, rest) = path.split_first()?;
        let at = match self.members.iter().position(|member| member.name == *name) {
            Some(at) => at,
            None => {
                self.members.push(Member {
                    name: name.clone(),
                    head: head(name.as_bytes()),
                    slot: None,
                    inner: Self::default(),
                    slots_inside: Vec::new(),
                });
                self.members.len() - 1
            }
        };
        let member = self.members.get_mut(at)?;
        if rest.is_empty() {
            return Some(*member.slot.get_or_insert_with(|| {
                *slots += 1;
                *slots - 1
            }));
        }
        let slot = member.inner.slot(rest, slots)?;
        if !member.slots_inside.contains(&slot) {
            member.slots_inside.push(slot);
        }
        Some(slot)
    }

    /// Reads an object; the scanner stands on its brace.
    pub(crate) fn read<'b>(
        &self,
        scanner: &mut Scanner<'b>,
        depth: u32,
        captures: &mut Captures<'b>,
    ) -> Result<(), ScanError> {
        // Vendors write members in the same order each time.
        let mut likely = 0;
        scanner.members(depth, |scanner, key, depth| {
            let found = if key.escaped {
                let name = key.decode();
                self.members.iter().position(|member| member.name == name)
            } else {
                self.find(key.inner, likely)
            };
            let Some((found, member)) = found.and_then(|at| Some((at, self.members.get(at)?))) else {
                return scanner.skip(depth);
            };
            likely = found + 1;
            member.read(scanner, depth, captures)
        })
    }

    /// The member of that name, looked for from `likely` on and around.
    #[inline]
    fn find(&self, name: &str, likely: usize) -> Option<usize> {
        let head = head(name.as_bytes());
        let is = |member: &Member| member.head == head && (name.len() < 8 || member.name == name);
        let after = self.members.get(likely..).unwrap_or_default();
        match after.iter().position(is) {
            Some(at) => Some(likely + at),
            None => self.members.iter().take(likely).position(is),
        }
    }
}

impl Member {
    /// Reads this member's value.
    fn read<'b>(
        &self,
        scanner: &mut Scanner<'b>,
        depth: u32,
        captures: &mut Captures<'b>,
    ) -> Result<(), ScanError> {
        let next = scanner.peek();
        let start = scanner.at();
        if next == Some(b'"') {
            let text = scanner.string()?;
            for slot in &self.slots_inside {
                captures[*slot] = Capture::Missing;
            }
            if let Some(slot) = self.slot {
                captures[slot] = if text.escaped {
                    Capture::Raw(scanner.since(start))
                } else {
                    Capture::Text(text.inner)
                };
            }
            return Ok(());
        }
        if self.slots_inside.is_empty() {
            scanner.skip(depth)?;
        } else {
            let outside = if next == Some(b'[') {
                Capture::ThroughArray
            } else {
                Capture::Missing
            };
            // The last of equal names counts, with all that is in it.
            for slot in &self.slots_inside {
                captures[*slot] = outside;
            }
            if next == Some(b'{') {
                self.inner.read(scanner, depth, captures)?;
            } else {
                scanner.skip(depth)?;
            }
        }
        if let Some(slot) = self.slot {
            captures[slot] = Capture::Raw(scanner.since(start));
        }
        Ok(())
    }
}

/// A name's first seven bytes and its length (at most 255). Names shorter than eight bytes are equal when
/// their heads are.
#[inline]
fn head(name: &[u8]) -> u64 {
    let length = name.len().min(255) as u64;
    let start = match name.first_chunk::<8>() {
        Some(chunk) => u64::from_le_bytes(*chunk) & 0x00ff_ffff_ffff_ffff,
        None => name
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    start | length << 56
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::head;

    proptest! {
        #[test]
        fn short_names_are_equal_when_their_heads_are(a in "[ab\0é]{0,9}", b in "[ab\0é]{0,9}") {
            if a == b {
                prop_assert_eq!(head(a.as_bytes()), head(b.as_bytes()));
            } else if a.len() < 8 && b.len() < 8 {
                prop_assert_ne!(head(a.as_bytes()), head(b.as_bytes()));
            }
        }
    }
}

//! The names that a mapping reads, as a tree that one pass over a record fills.

use smallvec::SmallVec;

use crate::scan::{ScanError, Scanner};

/// What a record has at a path of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Capture<'b> {
    /// Nothing.
    #[default]
    Missing,
    /// This value, as it is written.
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
        scanner.members(depth, |scanner, key, depth| {
            let member = if key.escaped {
                let name = key.decode();
                self.members.iter().find(|member| member.name == name)
            } else {
                self.members.iter().find(|member| member.name == key.inner)
            };
            let Some(member) = member else {
                return scanner.skip(depth);
            };
            let start = scanner.at();
            if member.slots_inside.is_empty() {
                scanner.skip(depth)?;
            } else {
                let next = scanner.peek();
                let outside = if next == Some(b'[') {
                    Capture::ThroughArray
                } else {
                    Capture::Missing
                };
                // The last of equal names counts, with all that is in it.
                for slot in &member.slots_inside {
                    captures[*slot] = outside;
                }
                if next == Some(b'{') {
                    member.inner.read(scanner, depth, captures)?;
                } else {
                    scanner.skip(depth)?;
                }
            }
            if let Some(slot) = member.slot {
                captures[slot] = Capture::Raw(scanner.since(start));
            }
            Ok(())
        })
    }
}

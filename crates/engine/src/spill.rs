//! Sorts more records than memory should hold: sorted runs on disk, sealed, then merged.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use crosswalk_model::Sort;

use crate::aside::aside;
use crate::snapshot::{EntrySealer, decode, encode};
use crate::sorted::{Entry, compare};

/// How many bytes of records are held before they go to disk.
const HELD: usize = 16 * 1024 * 1024;

/// Takes records in any order and gives them back sorted.
pub(crate) struct Sorter {
    sort: Sort,
    held: Vec<Entry>,
    bytes: usize,
    runs: Vec<File>,
    sealer: EntrySealer,
}

impl Sorter {
    pub(crate) fn new(sort: Sort) -> io::Result<Self> {
        let sealer = EntrySealer::new().map_err(io::Error::other)?;
        Ok(Self {
            sort,
            held: Vec::new(),
            bytes: 0,
            runs: Vec::new(),
            sealer,
        })
    }

    pub(crate) fn add(&mut self, entry: Entry) -> io::Result<()> {
        self.bytes += entry.raw.len() + entry.place.id.len() + 96;
        self.held.push(entry);
        if self.bytes > HELD {
            aside(|| self.spill())
        } else {
            Ok(())
        }
    }

    fn sort_held(&mut self) {
        let sort = self.sort;
        self.held
            .sort_unstable_by(|a, b| compare(sort, &a.place, &b.place));
    }

    /// Writes what is held as one sorted run. The file has no name, so nothing stays behind.
    fn spill(&mut self) -> io::Result<()> {
        self.sort_held();
        let mut out = BufWriter::new(tempfile::tempfile()?);
        for entry in self.held.drain(..) {
            let mut bytes = Vec::new();
            encode(&mut bytes, &entry);
            let sealed = self
                .sealer
                .seal(bytes)
                .ok_or_else(|| io::Error::other("a record could not be sealed"))?;
            let length = u32::try_from(sealed.len()).map_err(io::Error::other)?;
            out.write_all(&length.to_le_bytes())?;
            out.write_all(&sealed)?;
        }
        self.bytes = 0;
        let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        self.runs.push(file);
        Ok(())
    }

    /// The records in order.
    pub(crate) fn finish(mut self) -> io::Result<Sorted> {
        self.sort_held();
        let mut sorted = Sorted {
            held: self.held.into_iter(),
            runs: self.runs.into_iter().map(BufReader::new).collect(),
            heads: BinaryHeap::new(),
            sealer: self.sealer,
            sort: self.sort,
        };
        for run in 0..=sorted.runs.len() {
            sorted.advance(run)?;
        }
        Ok(sorted)
    }
}

/// Merged runs. The last "run" is what never left memory.
pub(crate) struct Sorted {
    held: std::vec::IntoIter<Entry>,
    runs: Vec<BufReader<File>>,
    heads: BinaryHeap<Head>,
    sealer: EntrySealer,
    sort: Sort,
}

struct Head {
    entry: Entry,
    run: usize,
    sort: Sort,
}

impl Ord for Head {
    /// The smallest place is the greatest head: a binary heap gives its greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self.sort, &other.entry.place, &self.entry.place)
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head {}

impl Sorted {
    /// The next record.
    pub(crate) fn next(&mut self) -> io::Result<Option<Entry>> {
        let Some(head) = self.heads.pop() else {
            return Ok(None);
        };
        self.advance(head.run)?;
        Ok(Some(head.entry))
    }

    fn advance(&mut self, run: usize) -> io::Result<()> {
        let entry = if run == self.runs.len() {
            self.held.next()
        } else {
            self.read(run)?
        };
        if let Some(entry) = entry {
            self.heads.push(Head {
                entry,
                run,
                sort: self.sort,
            });
        }
        Ok(())
    }

    fn read(&mut self, run: usize) -> io::Result<Option<Entry>> {
        let reader = &mut self.runs[run];
        let mut length = [0_u8; 4];
        match reader.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let mut sealed = vec![0; u32::from_le_bytes(length) as usize];
        reader.read_exact(&mut sealed)?;
        let bytes = self
            .sealer
            .open(sealed)
            .ok_or_else(|| io::Error::other("a spilled record is damaged"))?;
        decode(&mut bytes.as_slice())
            .map(Some)
            .ok_or_else(|| io::Error::other("a spilled record is damaged"))
    }
}

//! The people of every sandbox account: made from a number, the same every time, with all that makes
//! real accounts hard.

/// One person. Vendors render it in their own form.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Counted from 0.
    pub index: usize,
    /// First name; often short of something.
    pub first: Option<&'static str>,
    /// Last name.
    pub last: Option<&'static str>,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the person can sign in.
    pub active: bool,
    /// Milliseconds since the epoch.
    pub created: i64,
    /// Milliseconds since the epoch.
    pub updated: i64,
    /// A picture's address.
    pub picture: Option<String>,
}

const FIRST: &[&str] = &[
    "Zoë",
    "Tomás",
    "Carmen",
    "Noor",
    "Mirthe",
    "Niamh",
    "İpek",
    "Işıl",
    "Ünal",
    "Åsa",
    "Jürgen",
    "李",
    "عمر",
    "Ana",
    "ANA",
    "Ciara",
    "O\\Brien",
    "Sam",
    "Ravi",
    "Ægir",
    "🦊 Fox",
    "Nguyễn",
    "Ołeksandr",
    "Strauß",
    "D'Arcy",
];
const LAST: &[&str] = &[
    "Lindqvist",
    "Reyes",
    "Łoś",
    "de Wit",
    "Vermeulen",
    "Grönlund",
    "Yılmaz",
    "O'Neill",
    "O\"Hara",
    "100%_Sure",
    "Back\\slash",
    "小龍",
    "الراشد",
    "Smith",
    "smith",
    "van der Berg",
    "Ødegård",
    "Straße",
    "Kaya İnci",
    "Müller",
];

/// A hash that spreads numbers well (SplitMix64).
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Person {
    /// The person of that number.
    pub(crate) fn nth(index: usize) -> Self {
        let seed = mix(index as u64);
        let pick = |list: &[&'static str], salt: u64| list[(mix(seed ^ salt) % list.len() as u64) as usize];
        // Names come again, in pairs that differ in case only.
        let first = match seed % 29 {
            0 => None,
            1 => Some(""),
            _ => Some(pick(FIRST, 1)),
        };
        let last = match (seed >> 8) % 31 {
            0 => None,
            1 => Some(""),
            _ => Some(pick(LAST, 2)),
        };
        let email = match (seed >> 16) % 37 {
            0 => None,
            1 => Some(String::new()),
            2 => Some(format!("Mixed.Case.{index}@Example.COM")),
            3 => Some(format!("plus+tag.{index}@example.org")),
            4 => Some(format!("o'quote.{index}@example.net")),
            _ => Some(format!("user.{index}@example.com")),
        };
        // Few distinct days, so that timestamps repeat; the oldest are before 1970.
        let day = (mix(seed ^ 3) % 400) as i64 - 20;
        let millis = [0, 0, 1, 118, 500, 999][(mix(seed ^ 4) % 6) as usize];
        let second = (mix(seed ^ 5) % 3) as i64;
        let created = day * 40 * 86_400_000 + second * 1000 + millis;
        let updated =
            created + (mix(seed ^ 6) % 5) as i64 * 86_400_000 + [0, 1, 250][(mix(seed ^ 7) % 3) as usize];
        Self {
            index,
            first,
            last,
            email,
            active: !(seed >> 24).is_multiple_of(7),
            created,
            updated,
            picture: match (seed >> 32) % 4 {
                0 => None,
                _ => Some(format!("https://images.example.com/{index}.png")),
            },
        }
    }

    /// First and last name, empty parts dropped, joined by a space.
    pub(crate) fn full_name(&self) -> Option<String> {
        let parts: Vec<&str> = [self.first, self.last]
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// The address, if it is one.
    pub(crate) fn address(&self) -> Option<String> {
        self.email.clone().filter(|email| !email.is_empty())
    }
}

/// The people that meet a test, from the `start`th of them on: at most `count`, and whether more follow.
pub(crate) fn some(
    users: usize,
    start: usize,
    count: usize,
    keep: impl Fn(&Person) -> bool,
) -> (Vec<Person>, bool) {
    let mut found: Vec<Person> = (0..users)
        .map(Person::nth)
        .filter(keep)
        .skip(start)
        .take(count + 1)
        .collect();
    let more = found.len() > count;
    found.truncate(count);
    (found, more)
}

/// A UUID made of a number, for vendors that have such ids.
pub(crate) fn uuid(kind: u64, index: usize) -> String {
    let (a, b) = (
        mix(kind ^ index as u64),
        mix(kind.wrapping_mul(31) ^ !(index as u64)),
    );
    // The version digit is 0, as in records that were carried over from older systems.
    format!(
        "{:08x}-{:04x}-0{:03x}-a{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}

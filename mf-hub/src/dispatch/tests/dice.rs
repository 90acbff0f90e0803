//! Random numbers that are the same in every run.

/// A small generator of numbers.
pub struct Dice(u64);

impl Dice {
    /// The numbers of that seed.
    pub fn new(seed: u64) -> Self {
        // Seeds that are near each other give numbers that are not.
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.roll(2);
        dice
    }

    /// A number from 0, below this one.
    pub fn roll(&mut self, below: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        i64::try_from((self.0 >> 33) % below.unsigned_abs()).expect("it is below an i64")
    }

    /// One time in so many.
    pub fn once_in(&mut self, times: i64) -> bool {
        self.roll(times) == 0
    }

    /// A place in a list of this length.
    pub fn index(&mut self, length: usize) -> usize {
        let length = i64::try_from(length).expect("it is small");
        usize::try_from(self.roll(length)).expect("it is small")
    }

    /// One of these.
    pub fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.index(of.len())].clone()
    }

    /// Some of these.
    pub fn some<T: Clone + Ord>(&mut self, of: &[T]) -> std::collections::BTreeSet<T> {
        of.iter().filter(|_| !self.once_in(4)).cloned().collect()
    }
}

/// How many cases of a kind are tried: a few in every run, and more where
/// `MF_CAMPAIGN_CASES` says so, as in other campaigns.
pub fn cases(few: u64) -> u64 {
    let asked = std::env::var("MF_CAMPAIGN_CASES").ok().and_then(|text| text.parse().ok());
    asked.map_or(few, |asked: u64| asked.max(few))
}

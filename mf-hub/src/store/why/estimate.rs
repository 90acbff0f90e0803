//! When a task begins, if everything takes as long as it usually does: the
//! tasks before it are put, in their order, where there is room first.

/// Most systems that are thought of.
pub(super) const PLACES: usize = 64;
/// Most tasks that are put one by one; more take as long in proportion.
const PUT: usize = 1_000;

/// When something ends that should have ended long ago: later than anything
/// that is known.
pub(super) const NEVER: i64 = i64::MAX / 8;

/// A system that could build it.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// Sum of footprints at the same time.
    pub capacity: i64,
    /// In how many seconds each task there ends, if that is known, and its
    /// footprint.
    pub building: Vec<(Option<i64>, i64)>,
    /// What has to end before it begins there, however much room there is.
    pub not_before: Option<Vec<Option<i64>>>,
}

/// Tasks that go before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct First {
    /// How long each takes, if that is known.
    pub seconds: Option<i64>,
    /// How much room each takes.
    pub footprint: i64,
    /// How many.
    pub count: usize,
}

/// A place whose times are all known.
struct Known {
    capacity: i64,
    /// When what is there ends, the soonest last, and its footprint.
    building: Vec<(i64, i64)>,
    not_before: i64,
}

/// In how many seconds a task of this footprint begins; what is not known
/// takes as long as the `mean`. `None` where neither is known.
pub(super) fn begins_in(
    places: Vec<Place>,
    first: &[First],
    footprint: i64,
    mean: Option<i64>,
) -> Option<i64> {
    let mut places: Vec<Known> =
        places.into_iter().map(|place| place.known(mean)).collect::<Option<_>>()?;
    let all: usize = first.iter().map(|first| first.count).sum();
    let part = all.div_ceil(PUT).max(1);
    let mut last = 0;
    for first in first {
        let seconds = first.seconds.or(mean)?;
        for _ in 0..first.count.div_ceil(part) {
            let (begin, place) = places
                .iter()
                .enumerate()
                .map(|(index, place)| (place.room(first.footprint), index))
                .min()?;
            places[place].put(begin, begin + seconds, first.footprint);
            last = last.max(begin);
        }
    }
    let begin = places.iter().map(|place| place.room(footprint).max(place.not_before)).min()?;
    // The whole queue takes as many times as long as the part that was put.
    let begin = if part > 1 { begin.max(last).saturating_mul(part as i64) } else { begin };
    (begin < NEVER).then_some(begin)
}

impl Place {
    fn known(self, mean: Option<i64>) -> Option<Known> {
        let known = |(left, footprint): (Option<i64>, i64)| Some((left.or(mean)?, footprint));
        let mut building: Vec<_> = self.building.into_iter().map(known).collect::<Option<_>>()?;
        building.sort_unstable_by(|a, b| b.cmp(a));
        let before = self.not_before.unwrap_or_default().into_iter();
        let not_before = before.map(|left| left.or(mean)).collect::<Option<Vec<_>>>()?;
        let not_before = not_before.into_iter().max().unwrap_or(0);
        Some(Known { capacity: self.capacity, building, not_before })
    }
}

impl Known {
    /// When there is room for so much; one task always fits an idle system.
    fn room(&self, footprint: i64) -> i64 {
        let mut free = self.capacity - self.building.iter().map(|(_, f)| f).sum::<i64>();
        let mut time = 0;
        let mut left = self.building.len();
        for (end, footprint_there) in self.building.iter().rev() {
            if free >= footprint || left == 0 {
                break;
            }
            (time, free, left) = (*end, free + footprint_there, left - 1);
        }
        time
    }

    fn put(&mut self, begin: i64, end: i64, footprint: i64) {
        self.building.retain(|(other, _)| *other > begin);
        let place = self.building.partition_point(|other| *other > (end, footprint));
        self.building.insert(place, (end, footprint));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(capacity: i64, building: &[(i64, i64)]) -> Place {
        let building = building.iter().map(|(left, f)| (Some(*left), *f)).collect();
        Place { capacity, building, not_before: None }
    }

    fn first(seconds: i64, footprint: i64, count: usize) -> First {
        First { seconds: Some(seconds), footprint, count }
    }

    #[test]
    fn it_begins_when_there_is_room() {
        let two = place(2, &[(100, 1), (40, 1)]);
        assert_eq!(begins_in(vec![two.clone()], &[], 1, None), Some(40));
        assert_eq!(begins_in(vec![two.clone()], &[], 2, None), Some(100));
        assert_eq!(begins_in(vec![two.clone()], &[], 9, None), Some(100), "when it is idle");
        let other = place(1, &[(30, 1)]);
        assert_eq!(begins_in(vec![two.clone(), other], &[], 1, None), Some(30));
        assert_eq!(begins_in(vec![place(1, &[])], &[], 5, None), Some(0));
        let apart = Place { not_before: Some(vec![Some(70)]), ..two };
        assert_eq!(begins_in(vec![apart], &[], 1, None), Some(70));
        assert_eq!(begins_in(vec![], &[], 1, Some(5)), None);
        let late = place(2, &[(NEVER, 2)]);
        assert_eq!(begins_in(vec![late.clone()], &[], 1, None), None, "nobody can know");
        assert_eq!(begins_in(vec![late, place(1, &[(9, 1)])], &[], 1, None), Some(9));
    }

    #[test]
    fn what_goes_first_is_put_first() {
        let one = place(1, &[(10, 1)]);
        assert_eq!(begins_in(vec![one.clone()], &[first(60, 1, 2)], 1, None), Some(130));
        let both = vec![one.clone(), one.clone()];
        assert_eq!(begins_in(both, &[first(60, 1, 2)], 1, None), Some(70));
        let unknown = First { seconds: None, ..first(0, 1, 1) };
        assert_eq!(begins_in(vec![one.clone()], &[unknown], 1, None), None);
        assert_eq!(begins_in(vec![one.clone()], &[unknown], 1, Some(20)), Some(30));
        // Ten thousand of a minute each, one after the other.
        let begins = begins_in(vec![place(1, &[])], &[first(60, 1, 10_000)], 1, None);
        assert_eq!(begins, Some(600_000));
    }
}

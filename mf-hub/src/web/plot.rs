//! Plots, as SVG that is part of the page.

use mf_core::time;

use super::cell::span;
use crate::store::series::Life;

/// Hours that plots over time show.
pub const HOURS: i64 = 24;
/// Height of a plot's drawing, in its own units.
const HEIGHT: f64 = 60.0;
/// Width of one bar with its gap.
const STEP: f64 = 10.0;

/// Bars, a line, or both, over something that goes on from left to right.
#[derive(Debug, Default)]
pub struct Plot {
    /// What it shows.
    pub title: String,
    /// What it shows in words, with its figures.
    pub told: String,
    /// Its bars, each in layers from below.
    pub bars: Vec<Bar>,
    /// Points of its line, as SVG has them; empty for none.
    pub line: String,
    /// What stands at the top left: the most that it shows.
    pub most: String,
    /// What its shapes mean, where there is more than one: class and words.
    pub keys: &'static [(&'static str, &'static str)],
    /// What stands at the ends of its foot.
    pub ends: (String, String),
}

/// What the bars mean, which colour alone does not tell: one is hollow.
const KEYS: [(&str, &str); 3] = [("ok", "succeeded"), ("fail", "did not"), ("queue", "waiting")];

/// A piece of a bar.
#[derive(Debug)]
pub struct Bar {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// How high.
    pub height: f64,
    /// What it is, as a class of the style.
    pub class: &'static str,
    /// What it says when it is pointed at.
    pub told: String,
}

impl Plot {
    /// Whether there is anything to see.
    pub fn is_empty(&self) -> bool {
        self.bars.is_empty() && self.line.is_empty()
    }

    /// Its width, in its own units.
    pub fn width(&self) -> f64 {
        HOURS as f64 * STEP
    }
}

/// Tasks that ended in each of the last hours, and how many waited at the end
/// of each.
pub fn throughput(lives: &[Life], waiting: i64) -> Plot {
    let hours = HOURS as usize;
    let (mut good, mut bad) = (vec![0_i64; hours], vec![0_i64; hours]);
    let now = time::now();
    let hour = |date: &str| {
        let ago = time::seconds_between(date, &now)?.max(0);
        usize::try_from(HOURS - 1 - ago / 3_600).ok()
    };
    // Who waits now, and back from there: less who came, more who left.
    let mut change = vec![0_i64; hours];
    for life in lives {
        if let Some(at) = hour(&life.ended) {
            if life.good { good[at] += 1 } else { bad[at] += 1 }
        }
        if let Some(at) = hour(&life.made) {
            change[at] += 1;
        }
        let left = if life.started.is_empty() { &life.ended } else { &life.started };
        if let Some(at) = hour(left) {
            change[at] -= 1;
        }
    }
    let mut queue = vec![0_i64; hours];
    let mut waits = waiting;
    for at in (0..hours).rev() {
        queue[at] = waits.max(0);
        waits -= change[at];
    }
    let most = (0..hours).map(|at| (good[at] + bad[at]).max(queue[at])).max().unwrap_or(0).max(1);
    let scale = HEIGHT / most as f64;
    let mut plot = Plot { title: "Queue and throughput".into(), keys: &KEYS, ..Plot::default() };
    for at in 0..hours {
        let x = at as f64 * STEP;
        let ago = HOURS - 1 - at as i64;
        let told = format!(
            "{ago} to {} h ago: {} succeeded, {} did not, {} waiting",
            ago + 1,
            good[at],
            bad[at],
            queue[at]
        );
        let (up, down) = (good[at] as f64 * scale, bad[at] as f64 * scale);
        if good[at] > 0 {
            plot.bars.push(Bar { x, y: HEIGHT - up, height: up, class: "ok", told: told.clone() });
        }
        if bad[at] > 0 {
            plot.bars.push(Bar { x, y: HEIGHT - up - down, height: down, class: "fail", told });
        }
    }
    if queue.iter().any(|waits| *waits > 0) {
        let point = |(at, waits): (usize, &i64)| {
            format!("{:.1},{:.1}", (at as f64 + 0.4) * STEP, HEIGHT - *waits as f64 * scale)
        };
        plot.line = queue.iter().enumerate().map(point).collect::<Vec<_>>().join(" ");
    }
    let (good, bad): (i64, i64) = (good.iter().sum(), bad.iter().sum());
    plot.told = format!(
        "In the last {HOURS} hours {good} tasks succeeded and {bad} did not; {waiting} wait now."
    );
    plot.most = most.to_string();
    plot.ends = (format!("{HOURS} h ago"), "now".into());
    plot
}

/// How long each of these tasks took, the oldest first.
pub fn durations(lives: &[Life]) -> Plot {
    fn took(life: &Life) -> Option<(i64, bool, &str)> {
        let seconds = time::seconds_between(&life.started, &life.ended)?.max(0);
        Some((seconds, life.good, &life.ended))
    }
    let mut all: Vec<_> = lives.iter().filter_map(took).take(HOURS as usize).collect();
    all.reverse();
    let most = all.iter().map(|(seconds, ..)| *seconds).max().unwrap_or(0).max(1);
    let mut plot = Plot { title: "Durations".into(), keys: &KEYS[..2], ..Plot::default() };
    for (at, (seconds, good, ended)) in all.iter().enumerate() {
        // What took no time is seen too.
        let height = (*seconds as f64 * HEIGHT / most as f64).max(1.5);
        let class = if *good { "ok" } else { "fail" };
        let told = format!("{}, {ended} UTC", span(*seconds));
        plot.bars.push(Bar { x: at as f64 * STEP, y: HEIGHT - height, height, class, told });
    }
    let mut sorted: Vec<i64> = all.iter().map(|(seconds, ..)| *seconds).collect();
    sorted.sort_unstable();
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
    plot.told = format!(
        "The last {} tasks took {} in the middle, {} at most.",
        all.len(),
        span(median),
        span(most)
    );
    plot.most = span(most);
    plot.ends = ("older".into(), "newest".into());
    plot
}

/// Which part of each of the last hours tasks ran on something that can do
/// `capacity` at a time.
pub fn utilisation(lives: &[Life], capacity: i64) -> Plot {
    let now = time::now();
    let ago = |date: &str| time::seconds_between(date, &now);
    let mut busy = vec![0_i64; HOURS as usize];
    for life in lives {
        let Some(from) = ago(&life.started) else { continue };
        // What has no end yet runs still.
        let to = ago(&life.ended).unwrap_or(0);
        for (at, busy) in busy.iter_mut().enumerate() {
            let (newest, oldest) = ((HOURS - 1 - at as i64) * 3_600, (HOURS - at as i64) * 3_600);
            *busy += (from.min(oldest) - to.max(newest)).max(0);
        }
    }
    let whole = (capacity.max(1) * 3_600) as f64;
    let mut plot = Plot { title: "Utilisation".into(), ..Plot::default() };
    let mut sum = 0.0;
    for (at, busy) in busy.iter().enumerate() {
        let part = (*busy as f64 / whole).min(1.0);
        sum += part;
        if *busy > 0 {
            let height = (part * HEIGHT).max(1.5);
            let told = format!("{} h ago: {:.0} %", HOURS - 1 - at as i64, part * 100.0);
            plot.bars.push(Bar {
                x: at as f64 * STEP,
                y: HEIGHT - height,
                height,
                class: "run",
                told,
            });
        }
    }
    plot.told = format!(
        "In the last {HOURS} hours it was busy for {:.0} % of the time.",
        sum * 100.0 / HOURS as f64
    );
    plot.most = "100 %".into();
    plot.ends = (format!("{HOURS} h ago"), "now".into());
    plot
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(made: i64, started: i64, ended: i64) -> Life {
        let at = |ago: i64| time::in_seconds(-ago).unwrap();
        Life { made: at(made), started: at(started), ended: at(ended), good: true }
    }

    #[test]
    fn what_ended_is_counted_in_its_hour_and_the_queue_goes_back_in_time() {
        let plot = throughput(&[life(7_300, 100, 60), life(90, 80, 60)], 3);
        assert!(plot.told.contains("2 tasks succeeded and 0 did not; 3 wait now"), "{}", plot.told);
        assert_eq!(plot.bars.len(), 1);
        assert!(
            plot.bars[0].told.starts_with("0 to 1 h ago: 2 succeeded"),
            "{}",
            plot.bars[0].told
        );
        assert_eq!(plot.line.split(' ').count(), HOURS as usize);
    }

    #[test]
    fn what_runs_fills_its_hours() {
        let plot = utilisation(&[life(7_200, 7_200, 0)], 2);
        assert!(plot.bars.iter().all(|bar| bar.told.ends_with("50 %")), "{:?}", plot.bars);
        assert!(plot.bars.len() == 2 || plot.bars.len() == 3);
        assert!(throughput(&[], 0).is_empty() && durations(&[]).is_empty());
    }
}

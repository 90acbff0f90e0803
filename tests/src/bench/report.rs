//! A table for people, and the same for programs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use super::machine::Machine;

/// Share of the processors' time from which on a figure is not the farm's alone.
const WORTH_TELLING: f64 = 0.02;

/// What was measured.
pub struct Report {
    machine: Machine,
    rows: Vec<Measured>,
    former: BTreeMap<String, Value>,
}

/// A figure, and the share of the processors' time that others had meanwhile.
struct Measured {
    row: Row,
    stolen: f64,
}

/// One figure.
pub struct Row {
    /// What it is of.
    pub what: &'static str,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: Unit,
    /// The floor that it is read against.
    pub floor: Option<&'static str>,
    /// What the farm promises.
    pub promise: Option<f64>,
}

/// What a figure counts, and whether less of it is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Ms,
    /// As many in each second as can be had.
    PerSecond,
    /// As few in each second as can be had.
    WakesPerSecond,
    /// Millions of bytes.
    Mb,
}

impl Unit {
    fn text(self) -> &'static str {
        match self {
            Unit::Ms => "ms",
            Unit::PerSecond => "/s",
            Unit::WakesPerSecond => "wakes/s",
            Unit::Mb => "MB",
        }
    }

    fn keeps(self, value: f64, promise: f64) -> bool {
        if self == Unit::PerSecond { value >= promise } else { value <= promise }
    }
}

impl Report {
    /// An empty one, to be compared with the file `base`.
    ///
    /// # Errors
    /// The file is none of a former run.
    pub fn new(machine: Machine, base: Option<&Path>) -> anyhow::Result<Self> {
        let former = base.map(read).transpose()?.unwrap_or_default();
        Ok(Self { machine, rows: Vec::new(), former })
    }

    /// A floor: the least that could be done.
    pub fn floor(&mut self, what: &'static str, value: f64, unit: Unit) {
        self.add(Row { what, value, unit, floor: None, promise: None });
    }

    /// A figure of the farm; told at once, for who waits.
    pub fn add(&mut self, row: Row) {
        eprintln!("{}: {:.2} {}", row.what, row.value, row.unit.text());
        let stolen = self.machine.stolen();
        self.rows.push(Measured { row, stolen });
    }

    /// Prints the table, and how busy the machine was: a row during which other
    /// guests had a part of it says so.
    pub fn print(&self) {
        println!("{}", self.machine);
        for Measured { row, stolen } in &self.rows {
            let value = format!("{:.2} {}", row.value, row.unit.text());
            let promise = row.promise.map(|promise| {
                let kept = if row.unit.keeps(row.value, promise) { "kept" } else { "MISSED" };
                format!("promise {promise} {kept}")
            });
            let floor = self.ratio(row).zip(row.floor);
            let floor = floor.map(|(ratio, floor)| format!("{ratio:.3} x {floor}"));
            let (promise, floor) = (promise.unwrap_or_default(), floor.unwrap_or_default());
            let line = format!("{:<48}{value:>18}  {promise:<22}{floor:<46}", row.what);
            let stolen = (*stolen >= WORTH_TELLING)
                .then(|| format!("  {:.0} % of the time stolen", stolen * 100.0));
            let stolen = stolen.unwrap_or_default();
            println!("{}", (line + &self.before(row) + &stolen).trim_end());
        }
    }

    /// How a row stands beside the former run: by their ratios to the floor
    /// where there is one, since the machine may have been busier.
    fn before(&self, row: &Row) -> String {
        let Some(former) = self.former.get(row.what) else { return String::new() };
        let (was, is) = match (former["ratio"].as_f64(), self.ratio(row)) {
            (Some(was), Some(is)) => (was, is),
            _ => (former["value"].as_f64().unwrap_or(f64::NAN), row.value),
        };
        let value = former["value"].as_f64().unwrap_or(f64::NAN);
        let more = (is / was - 1.0) * 100.0;
        if more.is_finite() {
            format!("was {value:.2}, {more:+.0} %")
        } else {
            format!("was {value:.2}")
        }
    }

    fn ratio(&self, row: &Row) -> Option<f64> {
        let mut all = self.rows.iter().map(|measured| &measured.row);
        let floor = all.find(|floor| Some(floor.what) == row.floor)?;
        Some(row.value / floor.value)
    }

    /// Writes the same as JSON.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> anyhow::Result<()> {
        let row = |Measured { row, stolen }: &Measured| {
            json!({
                "what": row.what, "value": row.value, "unit": row.unit.text(),
                "floor": row.floor, "ratio": self.ratio(row), "promise": row.promise,
                "stolen": stolen,
            })
        };
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        let all = json!({ "machine": self.machine.to_string(), "rows": rows });
        fs::write(path, serde_json::to_string_pretty(&all)?)?;
        println!("written to {}", path.display());
        Ok(())
    }
}

/// The rows of a former run, by what they are of.
fn read(path: &Path) -> anyhow::Result<BTreeMap<String, Value>> {
    let told = || format!("{} is no file that `make bench` has written", path.display());
    let text = fs::read_to_string(path).with_context(told)?;
    let all: Value = serde_json::from_str(&text).with_context(told)?;
    let rows = all["rows"].as_array().with_context(told)?;
    let by_name = |row: &Value| Some((row["what"].as_str()?.to_owned(), row.clone()));
    Ok(rows.iter().filter_map(by_name).collect())
}

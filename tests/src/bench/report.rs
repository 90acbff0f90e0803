//! A table for people, and the same for programs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

/// What was measured.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

struct Row {
    what: String,
    took: Duration,
    floor: Option<(Duration, &'static str)>,
}

impl Report {
    /// A floor.
    pub fn floor(&mut self, what: &str, took: Duration) {
        self.rows.push(Row { what: format!("floor: {what}"), took, floor: None });
    }

    /// A figure of the farm, and the floor that it is read against.
    pub fn row(&mut self, what: &str, took: Duration, floor: Duration, name: &'static str) {
        self.rows.push(Row { what: what.into(), took, floor: Some((floor, name)) });
    }

    /// Prints the table, and how busy the machine was.
    pub fn print(&self) {
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        println!("load: {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "));
        for row in &self.rows {
            let beside = match row.floor {
                Some((floor, name)) => format!("{:.1} x {name}", ratio(row.took, floor)),
                None => String::new(),
            };
            println!("{:<40} {:>10.2} ms   {beside}", row.what, milliseconds(row.took));
        }
    }

    /// Writes the same as JSON.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> anyhow::Result<()> {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "what": row.what,
                    "ms": milliseconds(row.took),
                    "floor": row.floor.map(|(_, name)| name),
                    "ratio": row.floor.map(|(floor, _)| ratio(row.took, floor)),
                })
            })
            .collect();
        fs::write(path, serde_json::to_string_pretty(&rows)?)?;
        println!("written to {}", path.display());
        Ok(())
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn ratio(took: Duration, floor: Duration) -> f64 {
    took.as_secs_f64() / floor.as_secs_f64().max(1e-9)
}

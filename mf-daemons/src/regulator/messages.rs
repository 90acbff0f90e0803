//! Passes on what hooks report, without repeating it every cycle.

use super::frame::HookReport;

/// What one hook has said last.
#[derive(Debug)]
pub struct Messages {
    hook: String,
    error: Option<String>,
    warnings: Vec<String>,
}

impl Messages {
    /// A hook that has said nothing yet.
    pub fn new(hook: &str) -> Self {
        Self { hook: hook.to_owned(), error: None, warnings: Vec::new() }
    }

    /// Tells what is new in a report: to standard error, as all messages.
    pub fn tell(&mut self, report: &HookReport) {
        for line in self.take(report) {
            match line {
                Line::Warning(text) => tracing::warn!("{text}"),
                Line::Good(text) => tracing::info!("{text}"),
            }
        }
    }

    fn take(&mut self, report: &HookReport) -> Vec<Line> {
        let mut lines = Vec::new();
        if report.error != self.error {
            lines.push(match &report.error {
                Some(error) => Line::Warning(format!("{}: {error}", self.hook)),
                None => Line::Good(format!("{}: works again", self.hook)),
            });
            self.error.clone_from(&report.error);
        }
        // A run that failed has not looked at all there is to warn of.
        if report.error.is_none() || !report.warnings.is_empty() {
            let new = report.warnings.iter().filter(|text| !self.warnings.contains(text));
            lines.extend(new.cloned().map(Line::Warning));
            self.warnings.clone_from(&report.warnings);
        }
        lines
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    Warning(String),
    Good(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(error: Option<&str>, warnings: &[&str]) -> HookReport {
        HookReport {
            error: error.map(str::to_owned),
            warnings: warnings.iter().map(|text| (*text).to_owned()).collect(),
            ..HookReport::default()
        }
    }

    #[test]
    fn each_thing_is_said_once_until_it_changes() {
        let mut messages = Messages::new("scan");
        let warning = |text: &str| Line::Warning(text.to_owned());
        let first = messages.take(&report(None, &["a: bad", "b: bad"]));
        assert_eq!(first, [warning("a: bad"), warning("b: bad")]);
        assert_eq!(messages.take(&report(None, &["a: bad", "b: bad"])), []);
        assert_eq!(messages.take(&report(None, &["b: bad", "c: bad"])), [warning("c: bad")]);
        assert_eq!(messages.take(&report(Some("no hub"), &[])), [warning("scan: no hub")]);
        assert_eq!(messages.take(&report(Some("no hub"), &[])), []);
        let again = messages.take(&report(None, &["b: bad", "c: bad"]));
        assert_eq!(again, [Line::Good("scan: works again".into())]);
        assert_eq!(messages.take(&report(None, &[])), []);
        assert_eq!(messages.take(&report(None, &["b: bad"])), [warning("b: bad")]);
    }
}

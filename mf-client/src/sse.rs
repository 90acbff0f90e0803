//! Server-sent events: bytes to frames.

/// Longest event, in bytes: far more than any row of the farm.
const LIMIT: usize = 4 * 1024 * 1024;

/// One event as it stood in the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Its id, or the last one that was said.
    pub id: Option<String>,
    /// What sort of event it is; empty for the usual.
    pub event: String,
    /// Its data lines, joined.
    pub data: String,
}

/// What has arrived and is not yet a whole event.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    pending: Vec<u8>,
    frame: Frame,
    last_id: Option<String>,
}

impl Parser {
    /// Takes more bytes; the events that are now whole, or `None` when a
    /// line or event is longer than anything a hub sends.
    pub fn push(&mut self, bytes: &[u8]) -> Option<Vec<Frame>> {
        let mut whole = Vec::new();
        let searched = self.pending.len();
        self.pending.extend_from_slice(bytes);
        let mut start = 0;
        let mut from = searched;
        while let Some(end) = self.pending[from..].iter().position(|b| *b == b'\n') {
            let line = String::from_utf8_lossy(&self.pending[start..from + end]).into_owned();
            whole.extend(self.line(line.trim_end_matches('\r')));
            start = from + end + 1;
            from = start;
        }
        self.pending.drain(..start);
        (self.pending.len() + self.frame.data.len() <= LIMIT).then_some(whole)
    }

    /// The id that was last said.
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    fn line(&mut self, line: &str) -> Option<Frame> {
        if line.is_empty() {
            let frame = std::mem::take(&mut self.frame);
            if frame.id.is_some() {
                self.last_id.clone_from(&frame.id);
            }
            return (!frame.data.is_empty()).then_some(frame);
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => self.frame.event = value.to_owned(),
            "id" => self.frame.id = Some(value.to_owned()),
            "data" => {
                if !self.frame.data.is_empty() {
                    self.frame.data.push('\n');
                }
                self.frame.data.push_str(value);
            }
            // A comment (an empty name) keeps the connection alive.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_whole_however_they_are_cut() {
        let stream = b": hello\n\nid: 7\ndata: {\"a\":\r\ndata: 1}\n\nid: 8\n\ndata: x\n\n";
        for cut in 1..stream.len() {
            let mut parser = Parser::default();
            let mut frames = Vec::new();
            for piece in stream.chunks(cut) {
                frames.extend(parser.push(piece).unwrap());
            }
            let data: Vec<&str> = frames.iter().map(|f| f.data.as_str()).collect();
            assert_eq!(data, ["{\"a\":\n1}", "x"], "cut every {cut}");
            assert_eq!(frames[0].id.as_deref(), Some("7"));
            assert_eq!(parser.last_id(), Some("8"));
        }
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let mut parser = Parser::default();
        assert!(parser.push(&vec![b'x'; LIMIT + 1]).is_none());
    }
}

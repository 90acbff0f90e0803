//! Rewrites one section of `mf.conf`; the rest of the file stays as its owner
//! wrote it.

use std::io::Write;
use std::path::Path;

use crate::cli::exit::{Exit, Failure};

/// Sets values of the section `[connection:NAME]` of a file, which only its
/// owner can read from then on.
///
/// # Errors
/// It cannot be read or written.
pub fn set(file: &Path, name: &str, values: &[(&str, &str)]) -> Result<(), Failure> {
    let fail = |e: std::io::Error| {
        Failure::new(Exit::Configuration, format!("{} cannot be written: {e}", file.display()))
    };
    // A link stays one: what it leads to is written.
    let file = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
    let before = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(fail(e)),
    };
    let dir = file.parent().filter(|dir| *dir != Path::new("")).unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir).map_err(fail)?;
    // Such a file has the mode 0600 from its beginning.
    let mut fresh = tempfile::Builder::new().prefix(".mf-").tempfile_in(dir).map_err(fail)?;
    fresh.write_all(changed(&before, name, values).as_bytes()).map_err(fail)?;
    fresh.as_file().sync_all().map_err(fail)?;
    fresh.persist(&file).map_err(|e| fail(e.error))?;
    Ok(())
}

/// The text with these values in this section.
fn changed(text: &str, name: &str, values: &[(&str, &str)]) -> String {
    let heading = format!("[connection:{name}]");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let begin = match lines.iter().position(|line| line.trim() == heading) {
        Some(place) => place + 1,
        None => {
            if lines.last().is_some_and(|line| !line.trim().is_empty()) {
                lines.push(String::new());
            }
            lines.push(heading);
            lines.len()
        }
    };
    for (key, value) in values {
        let end = lines[begin..].iter().position(|line| line.trim_start().starts_with('['));
        let end = end.map_or(lines.len(), |length| begin + length);
        let set = |line: &String| line.split_once('=').is_some_and(|(name, _)| name.trim() == *key);
        let stands = lines[begin..end].iter().position(set).map(|place| begin + place);
        match (stands, value.is_empty()) {
            (Some(place), true) => drop(lines.remove(place)),
            (Some(place), false) => lines[place] = format!("{key} = {value}"),
            (None, true) => {}
            (None, false) => {
                // After what the section says, before blank lines at its end.
                let said = lines[begin..end].iter().rposition(|line| !line.trim().is_empty());
                lines.insert(
                    said.map_or(begin, |place| begin + place + 1),
                    format!("{key} = {value}"),
                );
            }
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_one_section_is_changed() {
        let before = "# mine\n[connection:default]\nurl = http://a:1\napi_key=old\n# stays\n\n\
                      [connection:work]\nurl = http://b:1\n";
        let after = changed(before, "default", &[("api_key", "new"), ("user", "ada"), ("url", "")]);
        assert_eq!(
            after,
            "# mine\n[connection:default]\napi_key = new\n# stays\nuser = ada\n\n\
             [connection:work]\nurl = http://b:1\n"
        );
        let added = changed(before, "home", &[("url", "http://c:1")]);
        assert_eq!(added, format!("{before}\n[connection:home]\nurl = http://c:1\n"));
        assert_eq!(changed("", "default", &[("url", "u")]), "[connection:default]\nurl = u\n");
    }

    #[test]
    fn only_its_owner_reads_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("mf.conf");
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
        set(&file, "default", &[("api_key", "k")]).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}

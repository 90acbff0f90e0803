use std::fs;

use super::*;
use crate::kit::Recorder;

fn rules() -> Rules {
    Rules {
        schemes: vec!["file".into()],
        hosts: Vec::new(),
        limit: 1000,
        time: Duration::from_secs(60),
    }
}

#[test]
fn only_allowed_places_are_downloaded_from() {
    let why = |rules: &Rules, url: &str| rules.check(url).unwrap_err().sentence;
    let any = rules();
    any.check("https://h.example.org:8443/a.src.rpm?x=1").unwrap();
    any.check("file:///srv/a.dsc").unwrap();
    assert_eq!(
        why(&any, "ext::sh://x"),
        "cannot download \"ext::sh://x\": this worker lets source packages come by https, http, \
         file, not by \"ext::sh\""
    );
    for scheme in ["scp", "gopher", "FTP", "dict"] {
        let told = why(&any, &format!("{scheme}://h/a"));
        assert!(told.contains("come by https, http, file"), "{told}");
    }
    for url in ["--output=/etc/passwd", "/etc/passwd", "-K", ""] {
        assert!(why(&any, url).contains("is no URL"), "{url}");
    }
    assert!(why(&any, "https://u:p@h/a").contains("a user or password"));
    assert!(why(&any, "https://h/a b").contains("character that no URL has"));
    let one = Rules { hosts: vec!["pkgs.example.org".into()], ..rules() };
    one.check("HTTPS://PKGS.example.org.:443/a").unwrap();
    for url in ["https://pkgs.example.org.evil/a", "https://evil/pkgs.example.org", "file:///a"] {
        assert!(why(&one, url).contains("only from pkgs.example.org"), "{url}");
    }
}

#[test]
fn names_are_names() {
    assert_eq!(file_name("https://h/d/a-1.src.rpm?x=/y"), Some("a-1.src.rpm"));
    for url in
        ["https://h/", "https://h/..", "https://h/-rf", "https://h/%2e%2e", "https://h/a%2Fb"]
    {
        assert_eq!(file_name(url), None, "{url}");
    }
}

/// By a file URL: it takes the same path through curl as any other.
#[test]
fn a_file_comes_whole_or_with_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    let url = format!("file://{}", from.display());
    let cx = Recorder::new().context();
    let missing = download(&url, &to, &rules(), &cx).unwrap_err().sentence;
    if missing.contains("install the package curl") {
        eprintln!("skipped: no curl");
        return;
    }
    assert!(missing.starts_with(&format!("cannot download {url:?}: ")), "{missing}");
    fs::write(&from, "x".repeat(1000)).unwrap();
    download(&url, &to, &rules(), &cx).unwrap();
    assert_eq!(fs::read(&to).unwrap().len(), 1000);
    fs::write(&from, "x".repeat(1001)).unwrap();
    let large = download(&url, &to, &rules(), &cx).unwrap_err().sentence;
    assert!(
        large.ends_with("it has more than 1000 bytes, which is this worker's limit"),
        "{large}"
    );
}

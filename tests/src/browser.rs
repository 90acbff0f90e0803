//! A real browser, driven by the protocol WebDriver: Debian's chromium and its
//! chromedriver.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::farm::choose_tls;

/// How long a page may take to show what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page, and a profile of its own.
pub struct Browser {
    driver: Child,
    session: String,
    http: Client,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one; without the programs the test says what it skips.
    pub fn start() -> Option<Self> {
        choose_tls();
        for program in ["chromium", "chromedriver"] {
            if !on_path(program) {
                eprintln!(
                    "SKIPPED: there is no {program}; Debian: apt-get install chromium chromium-driver"
                );
                return None;
            }
        }
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromedriver");
        command.args(["--port=0", "--allowed-ips=127.0.0.1"]).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::null()).env("HOME", profile.path());
        let mut driver = command.spawn().unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        // ChromeDriver was started successfully on port 40123.
        let said =
            lines.find(|line| line.contains("on port ") && line.contains("success")).unwrap();
        let port: u16 = said.rsplit(' ').next().unwrap().trim_end_matches('.').parse().unwrap();
        // It goes on to say things, and must not wait for who reads them.
        std::thread::spawn(move || lines.for_each(drop));
        let http = Client::builder().timeout(PATIENCE).build().unwrap();
        let mut browser =
            Self { driver, session: format!("http://127.0.0.1:{port}"), http, _profile: profile };
        let made = browser
            .post("/session", &json!({ "capabilities": { "alwaysMatch": browser.wanted() } }));
        let id = made["sessionId"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        browser.session += &format!("/session/{id}");
        let patience = u64::try_from(PATIENCE.as_millis()).unwrap();
        browser.post("/timeouts", &json!({ "script": patience, "pageLoad": patience }));
        Some(browser)
    }

    fn wanted(&self) -> Value {
        json!({
            "browserName": "chrome",
            "goog:chromeOptions": {
                "binary": "/usr/bin/chromium",
                "args": [
                    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                    "--disable-background-networking", "--disable-component-update", "--no-first-run",
                    "--disable-sync", "--disable-default-apps", "--window-size=1440,900",
                    format!("--user-data-dir={}", self._profile.path().display()),
                ],
            },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        })
    }

    /// Goes to an address, and waits until all of it is loaded.
    pub fn go(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// The document's title.
    pub fn title(&self) -> String {
        self.js("return document.title").as_str().unwrap().to_owned()
    }

    /// Runs a script in the page; what it returns.
    pub fn js(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs a script whose last argument is called with its result.
    pub fn js_later(&self, script: &str) -> Value {
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Waits until an expression holds in the page.
    pub fn wait_for(&self, expression: &str) {
        let script = format!(
            "const done = arguments[arguments.length - 1];\
             const look = () => {{ let now = false; try {{ now = Boolean({expression}); }} catch {{}}\
             if (now) done(true); else setTimeout(look, 20); }}; look();"
        );
        let deadline = Instant::now() + PATIENCE;
        loop {
            let asked = self.http.post(format!("{}/execute/async", self.session));
            let asked = asked.json(&json!({ "script": script, "args": [] })).send();
            let Ok(said) = asked.and_then(|answer| answer.json::<Value>()) else { break };
            if said["value"] == true {
                return;
            }
            // Another page may come while it is waited for: then the driver
            // says this or that, also that a time is over that is not.
            if Instant::now() >= deadline {
                break;
            }
        }
        let text = self.js("return document.body.innerText");
        panic!("{expression} does not come to hold; the page says:\n{}", text.as_str().unwrap());
    }

    /// Presses keys one after the other, wherever the focus is; special ones
    /// are the protocol's: `\u{E004}` is Tab, `\u{E007}` Enter, `\u{E010}` End.
    pub fn press(&self, keys: &str) {
        let press = |key: char| {
            let key = key.to_string();
            [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]
        };
        let actions: Vec<Value> = keys.chars().flat_map(press).collect();
        self.post(
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }),
        );
    }

    /// The browser as one of this size, in light or dark.
    pub fn look(&self, width: u32, height: u32, scheme: &str) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", &scheme);
    }

    /// A command of the browser's own protocol.
    pub fn devtools(&self, command: &str, params: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": params }))
    }

    /// What the page's console said, and what the browser refused.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({ "type": "browser" }));
        let lines = log.as_array().unwrap().iter();
        lines.map(|line| line["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Every request since this was last asked: its address, and how many
    /// bytes came.
    pub fn requests(&self) -> Vec<(String, u64)> {
        let log = self.post("/se/log", &json!({ "type": "performance" }));
        let mut all: Vec<(String, String, u64)> = Vec::new();
        for line in log.as_array().unwrap() {
            let said: Value = serde_json::from_str(line["message"].as_str().unwrap()).unwrap();
            let (said, params) = (&said["message"], &said["message"]["params"]);
            let id = params["requestId"].as_str().unwrap_or_default().to_owned();
            match said["method"].as_str().unwrap_or_default() {
                "Network.requestWillBeSent" => {
                    all.push((id, params["request"]["url"].as_str().unwrap().to_owned(), 0));
                }
                "Network.loadingFinished" => {
                    let bytes = params["encodedDataLength"].as_f64().unwrap_or_default() as u64;
                    all.iter_mut().filter(|(of, ..)| *of == id).for_each(|(.., n)| *n = bytes);
                }
                _ => {}
            }
        }
        all.into_iter().map(|(_, url, bytes)| (url, bytes)).collect()
    }

    /// Keeps a picture of the whole page.
    pub fn picture(&self, path: &Path) {
        let made =
            self.devtools("Page.captureScreenshot", &json!({ "captureBeyondViewport": false }));
        let text = made["data"].as_str().unwrap();
        std::fs::write(path, base64(text)).unwrap();
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.http.post(format!("{}{path}", self.session)).json(body).send().unwrap();
        let (status, answer) = (answer.status(), answer.json::<Value>().unwrap());
        assert!(status.is_success(), "{path}: {answer}");
        answer["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser with the session.
        let end = self.http.delete(&self.session).timeout(Duration::from_secs(30));
        let _ = end.send();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).exists())
}

/// Bytes of base64, as pictures come.
fn base64(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let (mut bytes, mut bits, mut held) = (Vec::with_capacity(text.len()), 0_u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        bits = bits << 6 | u32::from(value(letter));
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}

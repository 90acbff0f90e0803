//! The page of a log.

use std::fs;
use std::process::Command;

use monkeyfarm_tests::campaign::Proxy;
use serde_json::json;

use crate::shop::{Shop, grow_log, log_file};

const LINES: usize = 1_000_000;

/// Id of the first task of a build.
fn task(shop: &Shop, build: &str) -> i64 {
    let task = shop.farm.json(&["task", "show", &format!("{build}.one-x86_64")]);
    task["data"]["task"]["id"].as_i64().unwrap()
}

const PAGE: &str = "/task/tool-1.one-x86_64?project_label=demo&log=build.log";

#[test]
fn a_million_lines_are_read_with_few_rows_by_number_by_search_and_by_keyboard() {
    let Some(shop) = Shop::open(&["echo hello"]) else { return };
    let browser = &shop.browser;
    shop.build("tool-1");
    grow_log(&shop, task(&shop, "tool-1"), LINES);
    shop.go(PAGE);
    let has = |number: usize| {
        browser.wait_for(&format!(
            "document.getElementById('L{number}')?.innerText.includes('{number}')"
        ))
    };
    let few = || {
        assert!(
            browser.js("return document.querySelectorAll('.line').length").as_u64().unwrap() < 300
        )
    };
    has(LINES);
    browser.wait_for(&format!(
        "document.getElementById('L{LINES}').innerText.includes('line {LINES}')"
    ));
    few();
    // Anywhere by the bar.
    browser.js("const log = document.getElementById('log'); log.scrollTop = log.scrollHeight / 3");
    browser.wait_for("[...document.querySelectorAll('.line')].every(line => /line \\d+$/.test(line.innerText.trim()))");
    few();
    // A link to lines that are not loaded.
    shop.go("/");
    shop.go(&format!("{PAGE}#L700120-L700140"));
    browser.wait_for("document.getElementById('L700120')?.innerText.includes('line 700120')");
    browser.wait_for("document.querySelectorAll('.line.marked').length === 21");
    // Search, over all of it and on the server, without a mouse.
    browser.js("document.getElementById('log').focus()");
    browser.press("/");
    browser.press("LINE 123456\u{E007}");
    browser.wait_for("document.getElementById('L123456')?.classList.contains('hit')");
    browser.js("document.getElementById('log').focus()");
    browser.press("e");
    let middle = LINES / 2;
    browser.wait_for(&format!(
        "document.getElementById('L{middle}')?.innerText.includes('it broke here')"
    ));
    browser.press("\u{E010}");
    has(LINES);
    browser.press("g");
    browser.wait_for("document.getElementById('L1')?.innerText.includes('line 1')");
    few();
    assert_eq!(browser.js("return document.getElementById('log').getAttribute('role')"), "log");
    shop.check_quiet("the log");
    a_log_is_read_without_a_script_and_one_that_is_gone_says_so(&shop);
}

fn a_log_is_read_without_a_script_and_one_that_is_gone_says_so(shop: &Shop) {
    let browser = &shop.browser;
    shop.build("tool-2");
    let task = task(shop, "tool-2");
    grow_log(shop, task, 10_000);
    let page = |more: &str| {
        shop.go(&format!("/task/tool-2.one-x86_64?project_label=demo&log=build.log{more}"));
    };
    let text = || browser.js("return document.body.innerText").as_str().unwrap().to_owned();
    page("#L20000");
    browser.wait_for(
        "document.getElementById('hits').textContent.includes('no line 20000: the log has 10,000')",
    );
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    page("");
    assert!(text().contains("line 10000") && !text().contains("line 9500\n"), "{}", text());
    page("&first=1");
    assert!(text().contains("line 500") && !text().contains("line 501\n"), "{}", text());
    page("&errors=true");
    assert!(
        browser
            .js("return document.getElementById('found').innerText")
            .as_str()
            .unwrap()
            .contains("line 5000")
    );
    page("&first=20000");
    assert!(text().contains("has 10000 lines, and none with number 20000"), "{}", text());
    // Whoever keeps logs no longer than a disk holds.
    let file = log_file(shop, task);
    fs::remove_file(&file).unwrap();
    fs::remove_file(file.with_extension("lines")).unwrap();
    page("");
    assert!(text().contains("gone") && text().contains("a retry writes a new log"), "{}", text());
    shop.go("/task/tool-2.one-x86_64?project_label=demo");
    assert!(text().contains("BuildSuccess"), "{}", text());
}

#[test]
fn a_log_grows_on_its_page_to_the_very_byte() {
    let commands = [
        "for n in $(seq 1 3000); do echo \"grown $n\"; done",
        "printf '\\033[31mred\\033[0m <b>no markup</b>\\n'",
    ];
    let Some(shop) = Shop::open(&commands) else { return };
    let browser = &shop.browser;
    let system = shop.farm.json(&["system", "list"])["data"]["systems"][0]["label"].clone();
    let system = system.as_str().unwrap();
    shop.farm.ok(["system", "drain", system]);
    shop.farm.ok(["build", "create", "-l", "tool-1", "--package-branch", "tool.main"]);
    shop.go("/task/tool-1.one-x86_64?project_label=demo");
    shop.farm.ok(["system", "resume", system]);
    browser.wait_for("document.querySelector('#logs a')");
    browser.js("document.querySelector('#logs a').click()");
    browser.wait_for("document.title.startsWith('BuildSuccess')");
    browser.wait_for("document.querySelector('.line .c1')?.textContent === 'red'");
    assert_eq!(browser.js("return document.querySelectorAll('.line b').length"), 0);
    // What the page has is what the hub has.
    let raw = shop.farm.ok(["task", "log", "tool-1.one-x86_64", "--raw"]);
    let lines = raw.lines().count();
    browser.wait_for(&format!(
        "document.getElementById('size').textContent.replace(',', '').startsWith('{lines} lines')"
    ));
    let times = browser.js("return [...document.querySelectorAll('.line time')].filter(t => /^\\d\\d:\\d\\d:\\d\\d$/.test(t.textContent)).length");
    assert!(times.as_u64().unwrap() > 10, "{times}");
    shop.check_quiet("a log that grows");
}

#[test]
fn a_log_that_ends_while_its_page_is_opened_says_what_became_of_the_task() {
    let dir = tempfile::tempdir().unwrap();
    let gate = dir.path().join("gate");
    assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
    let waits = format!("read line < {}", gate.display());
    let Some(shop) = Shop::open(&["echo begun", &waits]) else { return };
    let browser = &shop.browser;
    shop.farm.ok(["package-branch", "update", "tool.main", "--release", "one"]);
    shop.farm.ok(["build", "create", "-l", "tool-1", "--package-branch", "tool.main"]);
    shop.go("/task/tool-1.one-x86_64?project_label=demo");
    browser.wait_for("document.querySelector('#logs .tail').innerText.includes('begun')");
    // From now on what a page's script asks for has to wait.
    let held = "const ask = fetch; window.fetch = async (...all) => { \
                while (!window.let_go) await new Promise((later) => setTimeout(later, 20)); \
                return ask(...all); };";
    let on_each = json!({ "source": held });
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", &on_each);
    shop.go(PAGE);
    browser.wait_for("document.title.startsWith('Building')");
    fs::write(&gate, "go\n").unwrap();
    shop.farm.ok(["build", "watch", "tool-1"]);
    browser.js("window.let_go = true");
    browser.wait_for("document.title.startsWith('BuildSuccess')");
    browser.wait_for("document.getElementById('state').innerText.includes('BuildSuccess')");
    shop.check_quiet("a log that ended meanwhile");
}

#[test]
fn a_log_behind_a_proxy_that_cuts_goes_on_at_the_very_byte() {
    let dir = tempfile::tempdir().unwrap();
    let gate = dir.path().join("gate");
    assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
    let count =
        |from: usize, to: usize| format!("for n in $(seq {from} {to}); do echo \"zählt $n\"; done");
    // The cut is within a line, and within a letter.
    let torn = format!("printf 'in \\303'; read line < {}; printf '\\244 two\\n'", gate.display());
    let (first, second) = (count(1, 500), count(501, 1_000));
    let commands = [first.as_str(), &torn, &second];
    let Some(shop) = Shop::open(&commands) else { return };
    let browser = &shop.browser;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let hub = shop.url.strip_prefix("http://").unwrap().trim_end_matches('/').parse().unwrap();
    let proxy = runtime.block_on(Proxy::start(hub));
    shop.farm.ok(["package-branch", "update", "tool.main", "--release", "one"]);
    shop.farm.ok(["build", "create", "-l", "tool-1", "--package-branch", "tool.main"]);
    browser.go(&format!("{}/task/tool-1.one-x86_64?project_label=demo", proxy.url()));
    // The end of the log on the page of the task grows as the log does.
    browser.wait_for("document.querySelector('#logs .tail').innerText.includes('zählt 500')");
    browser.go(&format!("{}{PAGE}", proxy.url()));
    browser.wait_for("document.getElementById('log').innerText.includes('zählt 500')");
    proxy.set(|weather| weather.refused = true);
    proxy.cut();
    browser.wait_for("document.getElementById('hits').textContent.includes('reconnecting')");
    proxy.clear();
    fs::write(&gate, "go\n").unwrap();
    browser.wait_for("document.title.startsWith('BuildSuccess')");
    browser.wait_for("document.getElementById('log').innerText.includes('zählt 1000')");
    let raw = shop.farm.ok(["task", "log", "tool-1.one-x86_64", "--raw"]);
    let lines = raw.lines().count();
    browser.wait_for(&format!(
        "document.getElementById('size').textContent.replace(',', '').startsWith('{lines} lines')"
    ));
    let number = 1 + raw.lines().position(|line| line == "in ä two").unwrap();
    browser.js(&format!("location.hash = 'L{number}'"));
    browser.wait_for(&format!(
        "document.querySelector('#L{number} > span')?.innerText === 'in ä two'"
    ));
}

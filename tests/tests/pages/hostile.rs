//! What hostile people write, shown by a browser.

use crate::shop::Shop;

/// Would run if any of it were taken as markup.
const SCRIPT: &str = "<img src=x onerror=\"window.broken=1\"><script>window.broken=1</script>";

#[test]
fn nothing_that_people_or_builds_write_runs() {
    let log = "printf '\\033]8;;javascript:window.broken=1\\033\\\\click\\033]8;;\\033\\\\ <script>window.broken=1</script>\\033[1;32mgreen\\033[0m\\n'";
    let Some(shop) = Shop::open(&[log]) else { return };
    let (browser, farm) = (&shop.browser, &shop.farm);
    farm.ok([
        "package",
        "update",
        "tool",
        "--summary",
        SCRIPT,
        "--url",
        "javascript:window.broken=1",
    ]);
    farm.ok([
        "project",
        "update",
        "demo",
        "--about",
        SCRIPT,
        "--url",
        "javascript:window.broken=1",
    ]);
    shop.build("tool-1");
    farm.ok(["build", "comment", "tool-1", "--comment", SCRIPT, "--karma", "1"]);
    for path in [
        "/",
        "/package?project_label=demo",
        "/package/tool?project_label=demo",
        "/project/demo",
        "/build/tool-1?project_label=demo",
        "/task/tool-1.one-x86_64?project_label=demo",
        "/task/tool-1.one-x86_64?project_label=demo&log=build.log",
        "/search?mf_search_query=%3Cscript%3Ewindow.broken%3D1%3C%2Fscript%3E",
        "/build/%3Cscript%3Ewindow.broken=1%3C%2Fscript%3E?project_label=demo",
        "/sign-in?back=javascript:window.broken=1",
    ] {
        shop.go(path);
        browser.wait_for("document.readyState === 'complete'");
        assert_eq!(browser.js("return window.broken ?? null"), serde_json::Value::Null, "{path}");
        let links = "return [...document.links].filter(a => !/^https?:$/.test(a.protocol)).length";
        assert_eq!(browser.js(links), 0, "{path}: a link that a browser runs");
        assert_eq!(
            browser.js("return document.querySelectorAll('img, main script:not([src])').length"),
            0,
            "{path}"
        );
    }
    shop.go("/task/tool-1.one-x86_64?project_label=demo&log=build.log");
    browser.wait_for("document.querySelector('.line .c2.b')?.textContent === 'green'");
    assert_eq!(browser.js("return document.querySelectorAll('.line span a').length"), 0);
}

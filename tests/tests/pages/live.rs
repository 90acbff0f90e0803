//! Pages that follow what happens.

use crate::shop::Shop;

#[test]
fn a_build_appears_and_finishes_on_open_pages_without_a_reload() {
    let Some(shop) = Shop::open(&["echo hello"]) else { return };
    let browser = &shop.browser;
    // Whether the page was loaded anew would show by this.
    let mark = || browser.js("window.stays = true");
    shop.go("/");
    mark();
    browser.wait_for("document.getElementById('live').textContent === 'live'");
    shop.build("tool-1");
    browser.wait_for("document.querySelector('#newest').innerText.includes('tool-1')");
    browser.wait_for("document.querySelector('#newest').innerText.includes('BuildSuccess')");
    assert_eq!(browser.js("return window.stays"), true);

    shop.go("/build?project_label=demo");
    mark();
    browser.wait_for("document.getElementById('live').textContent === 'live'");
    shop.build("tool-2");
    browser.wait_for("document.querySelector('#rows').innerText.includes('tool-2')");
    browser.wait_for("document.querySelector('#rows tbody tr').innerText.includes('BuildSuccess')");
    assert_eq!(browser.js("return window.stays"), true);
    shop.check_quiet("live pages");
    what_stops_the_farm_is_told_on_every_open_page_and_taken_away(&shop);
}

fn what_stops_the_farm_is_told_on_every_open_page_and_taken_away(shop: &Shop) {
    let (browser, farm) = (&shop.browser, &shop.farm);
    let system = farm.json(&["system", "list"])["data"]["systems"][0]["label"].clone();
    let system = system.as_str().unwrap();
    let banners = "document.getElementById('banners').innerText";
    for path in [
        "/build/tool-1?project_label=demo",
        "/task/tool-1.one-x86_64?project_label=demo&log=build.log",
        "/search?mf_search_query=tool",
        "/build/none?project_label=demo",
        "/arch/x86_64",
    ] {
        shop.go(path);
        browser.js("window.stays = true");
        let main = browser.js("return document.querySelector('main h1').innerText");
        farm.ok(["util", "pause", "--reason", "new <disks>"]);
        browser.wait_for(&format!("{banners}.includes('because of: new <disks>.')"));
        farm.ok(["util", "resume"]);
        browser.wait_for(&format!("{banners}.trim() === ''"));
        farm.ok(["system", "drain", system, "--reason", "moving house"]);
        browser.wait_for(&format!("{banners}.includes('because of: moving house')"));
        farm.ok(["system", "resume", system]);
        browser.wait_for(&format!("{banners}.trim() === ''"));
        assert_eq!(browser.js("return window.stays"), true, "{path}");
        assert_eq!(browser.js("return document.querySelector('main h1').innerText"), main);
    }
}

#[test]
fn a_page_of_a_build_tells_its_state_by_title_and_icon() {
    let Some(shop) = Shop::open(&["read line < go"]) else { return };
    let browser = &shop.browser;
    // It cannot begin before it is seen: its worker is drained.
    let system = shop.farm.json(&["system", "list"])["data"]["systems"][0]["label"].clone();
    let system = system.as_str().unwrap();
    shop.farm.ok(["system", "drain", system]);
    shop.farm.ok(["build", "create", "-l", "tool-1", "--package-branch", "tool.main"]);
    shop.go("/build/tool-1?project_label=demo");
    assert!(browser.title().starts_with("Queued: tool-1"), "{}", browser.title());
    browser.wait_for("document.getElementById('live').textContent === 'live'");
    shop.go("/task/tool-1.one-x86_64?project_label=demo");
    let why = browser.js("return document.querySelector('.verdict').innerText");
    let said = shop.farm.ok(["why", "tool-1.one-x86_64"]);
    let told = why.as_str().unwrap().trim_end_matches('.')[1..].to_owned();
    assert!(said.contains(&told), "the page says {told:?}, mf why says {said}");
    browser.wait_for("document.getElementById('live').textContent === 'live'");
    shop.farm.ok(["system", "resume", system]);
    // The recipe reads a file that there is not.
    browser.wait_for("document.title.startsWith('BuildFail: tool-1')");
    browser.wait_for("document.querySelector('link[rel=icon]').href.endsWith('/fail.svg')");
    browser.wait_for("document.querySelector('#head').innerText.includes('BuildFail')");
}

//! Signing in, and what one may do then.

use reqwest::blocking::Client;
use reqwest::redirect::Policy;

use crate::shop::Shop;

#[test]
fn who_is_signed_in_submits_comments_and_retries_by_keyboard() {
    let Some(shop) = Shop::open(&["false"]) else { return };
    let browser = &shop.browser;
    shop.go("/package-branch/tool.main?project_label=demo");
    assert_eq!(
        browser.js("return document.querySelectorAll('form.act').length"),
        0,
        "nobody may act"
    );
    // By keyboard alone: the first field has no focus by itself.
    shop.go("/sign-in");
    browser.js("document.getElementById('secret').focus()");
    browser.press(&format!("{}\u{E007}", shop.farm.setting("api_key")));
    browser.wait_for("document.querySelector('.me form')");
    let cookie = browser.js("return document.cookie");
    assert_eq!(cookie, "", "no script reads the session");

    shop.go("/package-branch/tool.main?project_label=demo");
    browser.js("document.getElementById('new-build-label').closest('details').open = true");
    browser.js("document.getElementById('new-build-label').focus()");
    browser.press("tool-web\u{E007}");
    browser.wait_for("location.pathname === '/build/tool-web'");
    browser.wait_for("document.title.startsWith('BuildFail')");

    browser.js("document.getElementById('comment-comment').value = 'not good'");
    browser.js("document.getElementById('comment-karma').value = '-1'");
    browser.js("document.querySelector('form[action*=\"/comment\"] button').click()");
    browser.wait_for("document.querySelector('.said')?.innerText === 'not good'");
    browser.wait_for("document.querySelector('#comments h2').innerText.includes('karma -1')");
    browser.js("document.querySelector('form[action*=\"/retry\"] button').click()");
    browser.wait_for("document.querySelector('#grid').innerText.includes('attempt 2')");
    let build = shop.farm.json(&["build", "show", "tool-web"]);
    assert_eq!(build["data"]["build"]["comments"][0]["comment"], "not good");

    browser.js("document.querySelector('.me button').click()");
    browser.wait_for("document.querySelector('.me').innerText.includes('Sign in')");
    shop.check_quiet("forms");
}

#[test]
fn who_is_signed_in_tags_cancels_joins_and_makes_keys() {
    let Some(shop) = Shop::open(&["true"]) else { return };
    let (browser, farm) = (&shop.browser, &shop.farm);
    farm.ok(["tag", "create", "-l", "stable"]);
    farm.ok(["group", "create", "-l", "testers"]);
    shop.build("tool-1");
    let system = farm.json(&["system", "list"])["data"]["systems"][0]["label"].clone();
    farm.ok(["system", "drain", system.as_str().unwrap()]);
    farm.ok(["build", "create", "-l", "tool-2", "--package-branch", "tool.main"]);
    shop.sign_in();
    shop.go("/build/tool-1?project_label=demo");
    browser.js("document.getElementById('tag-tag_label').closest('details').open = true");
    browser.js("document.getElementById('tag-tag_label').value = 'stable'");
    browser.js("document.querySelector('form[action*=\"/tag?\"] button').click()");
    browser.wait_for("document.querySelector('.tag')?.innerText === 'stable'");
    shop.go("/build/tool-2?project_label=demo");
    let told = browser.js("return document.getElementById('banners').innerText");
    assert!(told.as_str().unwrap().contains("Every system is drained"), "{told}");
    browser.js("document.querySelector('form[action*=\"/cancel?\"] button').click()");
    browser.wait_for("document.title.startsWith('Cancelled: tool-2')");
    shop.go("/group/testers");
    browser.js("document.querySelector('form[action*=\"/join?\"] button').click()");
    browser.wait_for("document.querySelector('form[action*=\"/leave?\"]')");
    let group = farm.json(&["group", "show", "testers"]);
    assert_eq!(group["data"]["group"]["users"], serde_json::json!(["admin"]));

    // A key of one's own, by keyboard; who is signed in with it is signed out
    // when it ends, and the page that is open says so.
    shop.go("/user/admin");
    browser.js("document.getElementById('create_key-name').closest('details').open = true");
    browser.js("document.getElementById('create_key-name').focus()");
    browser.press("laptop\u{E007}");
    browser.wait_for("document.getElementById('secret')?.value.startsWith('mf_')");
    let key = browser.js("return document.getElementById('secret').value");
    browser.js("document.querySelector('.me button').click()");
    browser.wait_for("document.querySelector('.me').innerText.includes('Sign in')");
    shop.sign_in_with(key.as_str().unwrap());
    shop.go("/");
    browser.wait_for("document.getElementById('live').textContent === 'live'");
    farm.ok(["user", "revoke-key", "admin", "--key", "laptop", "--yes"]);
    browser.wait_for("document.getElementById('live').textContent === 'signed out'");
    let told = browser.js("return document.getElementById('banners').innerText");
    assert!(told.as_str().unwrap().contains("You are signed out"), "{told}");
    shop.check_quiet("forms");
}

#[test]
fn forms_of_other_sites_and_of_no_session_do_nothing() {
    let Some(shop) = Shop::open(&["true"]) else { return };
    shop.build("tool-1");
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let key = shop.farm.setting("api_key");
    let sign_in = |more: &[(&str, &str)]| {
        let form: Vec<(&str, &str)> =
            [("secret", key.as_str())].into_iter().chain(more.iter().copied()).collect();
        client.post(format!("{}/sign-in", shop.url)).form(&form)
    };
    let answer = sign_in(&[("back", "//evil.example/")]).send().unwrap();
    assert_eq!(answer.headers()["location"], "/", "only ways of this site follow");
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let elsewhere = sign_in(&[]).header("origin", "https://evil.example").send().unwrap();
    assert_eq!(elsewhere.status().as_u16(), 403);

    let page = client.get(format!("{}/build/tool-1?project_label=demo", shop.url));
    let page = page
        .header("cookie", &cookie)
        .header("accept", "text/html")
        .send()
        .unwrap()
        .text()
        .unwrap();
    let csrf =
        page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let comment = |csrf: &str| {
        let form = [("csrf", csrf), ("comment", "by a form"), ("karma", "1")];
        client.post(format!("{}/act/build/tool-1/comment?project_label=demo", shop.url)).form(&form)
    };
    let status =
        |request: reqwest::blocking::RequestBuilder| request.send().unwrap().status().as_u16();
    assert_eq!(status(comment(&csrf)), 401, "without the session");
    assert_eq!(status(comment("0").header("cookie", &cookie)), 403, "without its word");
    let evil = comment(&csrf).header("cookie", &cookie).header("sec-fetch-site", "cross-site");
    assert_eq!(status(evil), 403, "sent by another site");
    // The API itself takes no cookie for what writes.
    let api = client.post(format!("{}/build/tool-1/comment.json?project_label=demo", shop.url));
    assert_eq!(status(api.form(&[("comment", "x")]).header("cookie", &cookie)), 401);
    let build =
        || shop.farm.json(&["build", "show", "tool-1"])["data"]["build"]["comments"].clone();
    assert_eq!(build(), serde_json::json!([]));
    assert_eq!(status(comment(&csrf).header("cookie", &cookie)), 303);
    assert_eq!(build()[0]["comment"], "by a form");
    // Signed out, the session is nobody's.
    let out = client.post(format!("{}/sign-out", shop.url)).form(&[("csrf", &csrf)]);
    assert_eq!(status(out.header("cookie", &cookie)), 303);
    assert_eq!(status(comment(&csrf).header("cookie", &cookie)), 401);
}

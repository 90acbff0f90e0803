//! Pages for people.

mod disk;
mod secrets;

use reqwest::header;
use serde_json::json;

use crate::farm::Farm;

#[tokio::test]
async fn every_page_is_escaped_and_may_load_nothing_foreign() {
    let farm = Farm::start().await;
    farm.world().await;
    let hostile = json!({ "summary": "<script>alert(1)</script>" });
    farm.put("/package/k/put.json?project_label=p", hostile).await.ok();
    let made = json!({ "project_label": "p", "package_branch_label": "b" });
    farm.post("build", made).await.ok();
    for (path, has) in [
        ("/", "href=\"/build\""),
        ("/everything", "href=\"/bug_handler\""),
        ("/docs", "<code>/tag/{label}/move_builds.json</code>"),
        ("/docs", "<details id=\"package_branch_get_one\">"),
        ("/build", "href=\"/build/k-build1?project_label=p\""),
        ("/build/k-build1?project_label=p", "/task/k-build1.el6-x86_64?project_label=p"),
        ("/task/k-build1.el6-x86_64?project_label=p", "Queued"),
        ("/package/k?project_label=p", "&lt;script&gt;alert"),
        ("/package-branch?limit=1", "href=\"/package-branch/b?project_label=p\""),
        ("/project/p", "href=\"/package/k?project_label=p\""),
    ] {
        let response = farm.client.get(format!("{}{path}", farm.url)).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        let page = response.text().await.unwrap();
        assert!(page.contains(has), "{path}: {page}");
        let scripts = page.matches("<script src=\"/assets/").count();
        assert_eq!(page.matches("<script").count(), scripts, "{path}: {page}");
        assert!(!page.contains("style=") && !page.contains("<style"), "{path}: {page}");
        assert!(page.contains("width=device-width"), "{path}: it is for phones too");
    }
    let missing = farm.client.get(format!("{}/build/none?project_label=p", farm.url));
    let missing = missing.header(header::ACCEPT, "text/html").send().await.unwrap();
    assert_eq!(missing.status().as_u16(), 404);
    assert!(missing.text().await.unwrap().contains("There is no build"));
    farm.stop().await;
}

/// A page as who reads pages gets it: its status and its text.
async fn page(farm: &Farm, path: &str, cookie: &str) -> (u16, String) {
    let request =
        farm.client.get(format!("{}{path}", farm.url)).header(header::ACCEPT, "text/html");
    let response = request.header(header::COOKIE, cookie).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// What the forms of somebody who is signed in carry.
async fn csrf(farm: &Farm, cookie: &str) -> String {
    let (_, text) = page(farm, "/", cookie).await;
    let after = text.split("name=\"csrf\" value=\"").nth(1).unwrap();
    after.split('"').next().unwrap().to_owned()
}

/// Signs in by the form, and gives the cookie; `None` when that is refused.
async fn sign_in(farm: &Farm, label: &str, secret: &str) -> Option<String> {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let form = [("label", label), ("secret", secret)];
    let sent = client.build().unwrap().post(format!("{}/sign-in", farm.url)).form(&form);
    let response = sent.send().await.unwrap();
    let cookie = response.headers().get(header::SET_COOKIE)?.to_str().unwrap().to_owned();
    assert!(!cookie.contains("Secure"), "plain http would lose it: {cookie}");
    Some(cookie.split(';').next().unwrap().to_owned())
}

#[tokio::test]
async fn who_is_signed_in_sees_what_others_may_not_know_of() {
    let farm = Farm::start().await;
    farm.world().await;
    farm.put("/project/p/put.json", json!({ "restricted": true })).await.ok();
    let key = farm.user("ann").await;
    farm.put("/user/ann/put.json", json!({ "password": "a secret of hers" })).await.ok();
    for path in ["/project/p", "/package/k?project_label=p", "/build?project_label=p"] {
        let (status, text) = page(&farm, path, "").await;
        assert!(status == 404 || status == 400, "{path}: {status}");
        assert!(!text.contains("crew"), "{path}: {text}");
    }
    let (_, text) = page(&farm, "/package/k?project_label=p", "").await;
    assert!(text.contains("Sign in to see more"), "{text}");
    // By password and by key; she is no member yet.
    assert_eq!(sign_in(&farm, "ann", "a wrong secret").await, None);
    assert_eq!(sign_in(&farm, "bob", &key).await, None, "the key is another's");
    let cookie = sign_in(&farm, "ann", "a secret of hers").await.unwrap();
    assert_eq!(page(&farm, "/project/p", &cookie).await.0, 404);
    farm.put("/group/crew/put.json", json!({ "users": ["ann"] })).await.ok();
    let (status, text) = page(&farm, "/project/p", &cookie).await;
    assert_eq!(status, 200, "{text}");
    assert!(text.contains(">ann</a>") && text.contains("Sign out"), "{text}");
    // A new password ends her sessions; her key ends those that it began.
    farm.put("/user/ann/put.json", json!({ "password": "another secret" })).await.ok();
    assert_eq!(page(&farm, "/project/p", &cookie).await.0, 404);
    let cookie = sign_in(&farm, "", &key).await.unwrap();
    assert_eq!(page(&farm, "/project/p", &cookie).await.0, 200);
    let revoke = farm.request(reqwest::Method::POST, "/user/ann/revoke_key.json");
    let name = key.split('_').nth(1).unwrap();
    farm.send(Some(&farm.admin), revoke.json(&json!({ "key": name }))).await.ok();
    assert_eq!(page(&farm, "/project/p", &cookie).await.0, 404);
    farm.stop().await;
}

#[tokio::test]
async fn every_page_says_why_nothing_starts_and_errors_are_pages() {
    let farm = Farm::start().await;
    farm.world().await;
    let pause = farm.request(reqwest::Method::POST, "/util/pause.json");
    let reason = json!({ "reason": "new <b>disks</b>, see `mf why`" });
    farm.send(Some(&farm.admin), pause.json(&reason)).await.ok();
    for (path, status, told) in [
        ("/", 200, "The farm at a glance"),
        ("/system", 200, "Systems"),
        ("/sign-in", 200, "Password or API key"),
        ("/build/none?project_label=p", 404, "There is nothing here"),
        ("/build/none?project_label=p", 404, "href=\"/build?project_label=p\">Builds of p<"),
        ("/build/no+%26e?project_label=q", 404, "href=\"/build\">All builds<"),
        ("/build/no+%26e?project_label=q", 404, "href=\"/search?mf_search_query=no%2B%26e\""),
        ("/task/a.b-c?project_label=p", 404, "href=\"/search?mf_search_query=a\""),
        ("/system/none", 404, "href=\"/system\">All systems<"),
        ("/banners", 200, "What the farm says"),
        ("/build/none", 400, "give project_label"),
        ("/package?limit=no", 400, "limit"),
        ("/task/none?project_label=p&log=build.log", 404, "There is no task"),
    ] {
        let (found, text) = page(&farm, path, "").await;
        assert_eq!(found, status, "{path}: {text}");
        assert!(text.contains(told), "{path} does not say {told:?}: {text}");
        assert!(
            text.contains("The queue is paused by admin since")
                && text.contains("new &lt;b&gt;disks&lt;/b&gt;, see <code>mf why</code>"),
            "{path}: {text}"
        );
    }
    farm.stop().await;
}

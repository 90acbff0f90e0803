//! Pages for people.

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

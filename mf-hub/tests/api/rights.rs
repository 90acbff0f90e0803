//! Who may do what, and what is nobody's to know.

use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::Farm;

#[tokio::test]
async fn writing_needs_a_key_and_the_right_one() {
    let farm = Farm::start().await;
    farm.world().await;
    let ann = farm.user("ann").await;
    let post = farm.request(Method::POST, "/arch/post.json?label=a");
    farm.send(None, post).await.refused(401, "Unauthorized");
    for wrong in ["mf_0000_0000", "nonsense", "", &farm.admin[..farm.admin.len() - 1]] {
        let request = farm.request(Method::GET, "/arch/get_all.json");
        let request = request.header("authorization", format!("Bearer {wrong}"));
        farm.send(None, request).await.refused(401, "Unauthorized");
    }
    let fields = json!({ "label": "a" });
    for resource in ["arch", "distro", "user", "group", "build_type", "system", "project"] {
        farm.post_as(&ann, resource, fields.clone()).await.refused(403, "Forbidden");
    }
    let mut package = fields.clone();
    package["project_label"] = json!("p");
    farm.post_as(&ann, "package", package.clone()).await.refused(403, "Forbidden");
    farm.post("task", package).await.refused(403, "Forbidden");
    let whoami = farm.get_as(&ann, "/util/whoami.json").await.ok();
    assert_eq!(whoami["whoami"]["label"], json!("ann"));
    let basic = farm.request(Method::GET, "/util/whoami").basic_auth("ann", Some(&ann));
    assert_eq!(farm.send(None, basic).await.ok(), whoami);
    let other = farm.request(Method::GET, "/util/whoami").basic_auth("admin", Some(&ann));
    farm.send(None, other).await.refused(401, "Unauthorized");
    farm.stop().await;
}

#[tokio::test]
async fn project_admins_and_owners_have_their_rights() {
    let farm = Farm::start().await;
    farm.world().await;
    let (ann, bob) = (farm.user("ann").await, farm.user("bob").await);
    farm.put("/group/crew/put.json", json!({ "users": "ann" })).await.ok();
    let made = json!({ "project_label": "p", "label": "by-ann", "user_label": "bob" });
    farm.post_as(&ann, "package", made).await.ok();
    farm.put_as(&ann, "/project/p/put.json", json!({ "about": "x" })).await.ok();
    farm.put_as(&bob, "/project/p/put.json", json!({ "about": "y" }))
        .await
        .refused(403, "Forbidden");
    // One's own, but not what admins keep for themselves.
    farm.put_as(&bob, "/user/bob/put.json", json!({ "email": "b@example.org" })).await.ok();
    farm.put_as(&bob, "/user/ann/put.json", json!({ "email": "b@example.org" }))
        .await
        .refused(403, "Forbidden");
    farm.stop().await;
}

#[tokio::test]
async fn an_email_is_for_those_who_signed_in() {
    let farm = Farm::start().await;
    let ann = farm.user("ann").await;
    let path = "/user/ann/get_one.json";
    assert!(farm.get(path).await.ok()["user"].get("email").is_none());
    assert_eq!(farm.get_as(&ann, path).await.ok()["user"]["email"], json!("x@example.org"));
    let list = farm.get("/user/get_all.json").await.ok();
    assert!(!list.to_string().contains("example.org"), "{list}");
    farm.stop().await;
}

#[tokio::test]
async fn a_restricted_project_is_as_one_that_does_not_exist() {
    let farm = Farm::start().await;
    farm.world().await;
    let (ann, bob) = (farm.user("ann").await, farm.user("bob").await);
    farm.put("/group/crew/put.json", json!({ "users": "ann" })).await.ok();
    farm.put("/project/p/put.json", json!({ "restricted": true })).await.ok();
    let count = |data: &Value, plural: &str| data[plural].as_array().unwrap().len();
    for path in ["/project/p/get_one.json", "/package/k/get_one.json?project_label=p"] {
        let hidden = farm.get_as(&bob, path).await;
        let missing = farm.get_as(&bob, &path.replace("=p", "=x").replace("/p/", "/x/")).await;
        let sentence = hidden.refused(404, "NotFound").replace("\"p\"", "\"x\"");
        assert_eq!(sentence, missing.refused(404, "NotFound"), "{path}");
        farm.get(path).await.refused(404, "NotFound");
        farm.get_as(&ann, path).await.ok();
        farm.get_as(&farm.admin, path).await.ok();
    }
    for (resource, plural) in [("project", "projects"), ("package", "packages"), ("tag", "tags")] {
        let path = format!("/{resource}/get_all.json");
        assert_eq!(count(&farm.get_as(&bob, &path).await.ok(), plural), 0, "{resource}");
        assert_eq!(count(&farm.get_as(&ann, &path).await.ok(), plural), 1, "{resource}");
    }
    let filter = "/package/get_all.json?project_label=p";
    farm.get_as(&bob, filter).await.refused(400, "UnknownReference");
    let build = json!({ "project_label": "p", "package_branch_label": "b" });
    farm.post_as(&bob, "build", build).await.refused(400, "UnknownReference");
    farm.stop().await;
}

#[tokio::test]
async fn the_farm_keeps_an_admin() {
    let farm = Farm::start().await;
    farm.user("ann").await;
    let empty = farm.put("/group/admin/put.json", json!({ "users": [] })).await;
    assert!(empty.refused(400, "Refused").contains("\"admin\""));
    let renamed = farm.put("/group/admin/put.json", json!({ "label": "root" })).await;
    renamed.refused(400, "Refused");
    farm.delete("/group/admin/delete.json?confirm_delete=1").await.refused(400, "Refused");
    farm.delete("/user/admin/delete.json?confirm_delete=1").await.refused(400, "Refused");
    farm.put("/group/admin/put.json", json!({ "users": "ann" })).await.ok();
    farm.post("arch", json!({ "label": "x" })).await.refused(403, "Forbidden");
    farm.stop().await;
}

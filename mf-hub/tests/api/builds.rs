//! Submitting a build: what it becomes, and when it is refused.

use serde_json::{Value, json};

use crate::farm::Farm;

fn build(more: Value) -> Value {
    let mut fields = json!({ "project_label": "p", "package_branch_label": "b" });
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    fields
}

#[tokio::test]
async fn a_build_has_a_task_for_every_target() {
    let farm = Farm::start().await;
    farm.world().await;
    let ann = farm.user("ann").await;
    let made = farm.post_as(&ann, "build", build(json!({}))).await.ok();
    let made = &made["build"];
    assert_eq!(made["label"], json!("k-build1"));
    assert_eq!(made["user_label"], json!("ann"));
    assert_eq!(made["package_label"], json!("k"));
    assert_eq!(made["status_label"], json!("Queued"));
    assert_eq!(made["releases"], json!(["el5", "el6"]));
    let tasks = ["k-build1.el5-i386", "k-build1.el5-x86_64", "k-build1.el6-x86_64"];
    assert_eq!(made["tasks"], json!(tasks));
    let task = farm.get("/task/k-build1.el6-x86_64/get_one.json?project_label=p").await.ok();
    assert_eq!(task["task"]["status_label"], json!("Queued"));
    assert_eq!(task["task"]["build_handler_label"], json!("generic"));
    let next = farm.post_as(&ann, "build", build(json!({}))).await.ok();
    assert_eq!(next["build"]["label"], json!("k-build2"));
    let path = "/build/k-build1/delete.json?project_label=p&confirm_delete=True";
    farm.delete(path).await.ok();
    farm.get("/task/k-build1.el6-x86_64/get_one.json?project_label=p")
        .await
        .refused(404, "NotFound");
    farm.stop().await;
}

#[tokio::test]
async fn releases_say_where_it_is_built() {
    let farm = Farm::start().await;
    farm.world().await;
    let branch = "/package_branch/b/put.json?project_label=p";
    let tasks = async || {
        let made = farm.post("build", build(json!({}))).await.ok()["build"].clone();
        let prefix = format!("{}.", made["label"].as_str().unwrap());
        let tasks = made["tasks"].as_array().unwrap().iter();
        tasks.map(|t| t.as_str().unwrap().replace(&prefix, "")).collect::<Vec<_>>()
    };
    farm.put(branch, json!({ "releases": "el6" })).await.ok();
    assert_eq!(tasks().await, ["el6-x86_64"]);
    farm.put(branch, json!({ "releases": [], "excluded_releases": "el6" })).await.ok();
    assert_eq!(tasks().await, ["el5-i386", "el5-x86_64"]);
    farm.put("/target/el5-i386/put.json", json!({ "build_handlers": "rpm" })).await.ok();
    assert_eq!(tasks().await, ["el5-x86_64"]);
    farm.put("/release/el5/put.json", json!({ "eol": true })).await.ok();
    let reply = farm.post("build", build(json!({ "label": "none" }))).await;
    assert_eq!(
        reply.refused(400, "Refused"),
        "build \"none\" would have no task: el5-i386: release el5 is at its end of life; \
         el5-x86_64: release el5 is at its end of life; el6-x86_64: release el6 is excluded"
    );
    farm.get("/build/none/get_one.json?project_label=p").await.refused(404, "NotFound");
    farm.stop().await;
}

#[tokio::test]
async fn submitting_is_in_ones_own_name_and_to_tags_one_may_give() {
    let farm = Farm::start().await;
    farm.world().await;
    let ann = farm.user("ann").await;
    let other = build(json!({ "user_label": "admin" }));
    farm.post_as(&ann, "build", other).await.refused(403, "Forbidden");
    let refused = farm.post_as(&ann, "package-branch", json!({ "label": "x" })).await;
    let told = "creating package-branches is not allowed to ann; it takes the role project admin \
                or site admin";
    assert_eq!(refused.refused(403, "Forbidden"), told);
    let as_ann = build(json!({ "user_label": "ann" }));
    assert_eq!(farm.post("build", as_ann).await.ok()["build"]["user_label"], json!("ann"));
    let tagged = build(json!({ "pre_tag_label": "testing" }));
    farm.post_as(&ann, "build", tagged.clone()).await.ok();
    let tag = "/tag/testing/put.json?project_label=p";
    farm.put(tag, json!({ "requires_admin": true })).await.ok();
    farm.post_as(&ann, "build", tagged.clone()).await.refused(403, "Forbidden");
    farm.post("build", tagged.clone()).await.ok();
    farm.put(tag, json!({ "locked": true })).await.ok();
    farm.post("build", tagged).await.refused(409, "IllegalMove");
    let unknown = build(json!({ "pre_tag_label": "nope" }));
    farm.post("build", unknown).await.refused(400, "UnknownReference");
    farm.stop().await;
}

#[tokio::test]
async fn a_scratch_build_has_a_source_of_its_own_and_no_tag() {
    let farm = Farm::start().await;
    farm.world().await;
    let made = build(json!({ "scratch": true, "scratch_url": "git://h/x" }));
    assert_eq!(farm.post("build", made).await.ok()["build"]["scratch"], json!(true));
    for wrong in [
        json!({ "scratch_url": "git://h/x" }),
        json!({ "scratch": true, "scratch_url": "git://h/x", "pre_tag_label": "testing" }),
    ] {
        farm.post("build", build(wrong)).await.refused(400, "InvalidValue");
    }
    farm.stop().await;
}

#[tokio::test]
async fn a_label_that_cannot_be_made_up_must_be_given() {
    let farm = Farm::start().await;
    farm.world().await;
    farm.put("/package/k/put.json?project_label=p", json!({ "label": "k".repeat(198) })).await.ok();
    farm.post("build", build(json!({}))).await.refused(400, "InvalidValue");
    farm.post("build", build(json!({ "label": "short" }))).await.ok();
    // A scratch build of what has a source must say what is to be built.
    let url = json!({ "url": "git://h/k" });
    farm.put("/package_branch/b/put.json?project_label=p", url).await.ok();
    farm.post("build", build(json!({ "scratch": true }))).await.refused(400, "InvalidValue");
    farm.stop().await;
}

#[tokio::test]
async fn a_branch_takes_handler_and_url_from_its_project() {
    let farm = Farm::start().await;
    farm.world().await;
    let template = json!({ "url_template": "https://h/{project}/{package}#{branch}" });
    farm.put("/vcs_handler/git/put.json", template).await.ok();
    let made = json!({ "project_label": "p", "label": "b2", "package_label": "k",
                       "build_handler_label": "generic", "vcs_branch": "main" });
    let made = farm.post("package-branch", made).await.ok()["package_branch"].clone();
    assert_eq!(made["vcs_handler_label"], json!("git"));
    assert_eq!(made["url"], json!("https://h/p/k#main"));
    let given = json!({ "project_label": "p", "label": "b3", "package_label": "k",
                        "build_handler_label": "generic", "url": "" });
    let given = farm.post("package-branch", given).await.ok()["package_branch"].clone();
    assert_eq!(given["url"], json!(""), "given as built from nothing");
    farm.stop().await;
}

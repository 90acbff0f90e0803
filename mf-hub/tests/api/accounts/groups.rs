//! Joining, approving and leaving; and the admins that remain.

use serde_json::{Value, json};

use super::call;
use crate::farm::Farm;

async fn group(farm: &Farm, label: &str) -> (Value, Value) {
    let group = farm.get(&format!("/group/{label}/get_one.json")).await.ok()["group"].take();
    (group["users"].clone(), group["pending_users"].clone())
}

#[tokio::test]
async fn an_open_group_is_joined_at_once_and_left() {
    let farm = Farm::start().await;
    let ann = farm.user("ann").await;
    farm.post("group", json!({ "label": "open" })).await.ok();
    for _ in 0..2 {
        call(&farm, &ann, "/group/open/join", json!({})).await.ok();
        assert_eq!(group(&farm, "open").await, (json!(["ann"]), json!([])));
    }
    call(&farm, &ann, "/group/open/leave", json!({})).await.ok();
    assert_eq!(group(&farm, "open").await, (json!([]), json!([])));
    let again = call(&farm, &ann, "/group/open/leave", json!({})).await;
    assert!(again.refused(400, "Refused").contains("ann"));
    farm.stop().await;
}

#[tokio::test]
async fn a_restricted_group_waits_for_a_member() {
    let farm = Farm::start().await;
    let (ann, bob, eve) = (farm.user("ann").await, farm.user("bob").await, farm.user("eve").await);
    let fields = json!({ "label": "closed", "restricted": true, "users": "ann" });
    farm.post("group", fields).await.ok();
    for user in [&bob, &eve] {
        call(&farm, user, "/group/closed/join", json!({})).await.ok();
    }
    assert_eq!(group(&farm, "closed").await, (json!(["ann"]), json!(["bob", "eve"])));
    let approve = |user: &str| json!({ "user_label": user });
    // Who waits approves nobody, least of all himself.
    call(&farm, &eve, "/group/closed/approve", approve("eve")).await.refused(403, "Forbidden");
    call(&farm, &ann, "/group/closed/approve", approve("bob")).await.ok();
    call(&farm, &ann, "/group/closed/approve", approve("nobody-there"))
        .await
        .refused(400, "UnknownReference");
    call(&farm, &ann, "/group/closed/approve", approve("bob")).await.refused(400, "Refused");
    // A member declines who waits, and puts no member out.
    call(&farm, &eve, "/group/closed/leave", approve("bob")).await.refused(403, "Forbidden");
    call(&farm, &bob, "/group/closed/leave", approve("eve")).await.ok();
    call(&farm, &bob, "/group/closed/leave", approve("ann")).await.refused(403, "Forbidden");
    assert_eq!(group(&farm, "closed").await, (json!(["ann", "bob"]), json!([])));
    // An admin's word makes a member of who waits.
    call(&farm, &eve, "/group/closed/join", json!({})).await.ok();
    farm.put("/group/closed/put.json", json!({ "users": ["eve"] })).await.ok();
    assert_eq!(group(&farm, "closed").await, (json!(["eve"]), json!([])));
    farm.stop().await;
}

/// Nobody becomes an admin because somebody forgot to restrict a group.
#[tokio::test]
async fn rights_over_others_are_never_taken_by_joining() {
    let farm = Farm::start().await;
    farm.world().await;
    let eve = farm.user("eve").await;
    farm.put("/group/admin/put.json", json!({ "restricted": false })).await.ok();
    for label in ["admin", "crew"] {
        call(&farm, &eve, &format!("/group/{label}/join"), json!({})).await.ok();
        assert_eq!(group(&farm, label).await.1, json!(["eve"]), "{label}");
    }
    farm.post_as(&eve, "arch", json!({ "label": "x" })).await.refused(403, "Forbidden");
    farm.put_as(&eve, "/project/p/put.json", json!({ "about": "x" }))
        .await
        .refused(403, "Forbidden");
    farm.stop().await;
}

/// Nobody lets himself into a restricted project by a group that anybody joins.
#[tokio::test]
async fn what_a_restricted_project_is_is_not_learned_by_joining() {
    let farm = Farm::start().await;
    let (ann, eve) = (farm.user("ann").await, farm.user("eve").await);
    farm.post("group", json!({ "label": "owners", "users": "ann" })).await.ok();
    farm.post("project", json!({ "label": "secret", "restricted": true })).await.ok();
    let owned = json!({ "project_label": "secret", "label": "k", "group_label": "owners" });
    farm.post("package", owned).await.ok();
    call(&farm, &eve, "/group/owners/join", json!({})).await.ok();
    let project = "/project/secret/get_one.json";
    farm.get_as(&ann, project).await.ok();
    farm.get_as(&eve, project).await.refused(404, "NotFound");
    call(&farm, &ann, "/group/owners/approve", json!({ "user_label": "eve" })).await.ok();
    farm.get_as(&eve, project).await.ok();
    farm.stop().await;
}

/// The last member of `admin` cannot be removed by any way.
#[tokio::test]
async fn the_last_admin_stays() {
    let farm = Farm::start().await;
    let admin = farm.admin.clone();
    let ann = farm.user("ann").await;
    let before = group(&farm, "admin").await;
    let leave = |user: &str| json!({ "user_label": user });
    for refused in [
        call(&farm, &admin, "/group/admin/leave", json!({})).await,
        call(&farm, &admin, "/group/admin/leave", leave("admin")).await,
        farm.put("/group/admin/put.json", json!({ "users": [] })).await,
        farm.put("/group/admin/put.json", json!({ "label": "root" })).await,
        farm.delete("/group/admin/delete.json?confirm_delete=1").await,
        farm.delete("/user/admin/delete.json?confirm_delete=1").await,
    ] {
        assert!(refused.refused(400, "Refused").contains("admin"));
    }
    farm.put("/user/admin/put.json", json!({ "groups": [] })).await.refused(400, "ReadOnlyField");
    assert_eq!(group(&farm, "admin").await, before);
    // One who waits is no admin who could stay in his place.
    call(&farm, &ann, "/group/admin/join", json!({})).await.ok();
    call(&farm, &admin, "/group/admin/leave", json!({})).await.refused(400, "Refused");
    call(&farm, &admin, "/group/admin/approve", leave("ann")).await.ok();
    call(&farm, &admin, "/group/admin/leave", json!({})).await.ok();
    farm.post("arch", json!({ "label": "x" })).await.refused(403, "Forbidden");
    call(&farm, &ann, "/group/admin/leave", json!({})).await.refused(400, "Refused");
    farm.stop().await;
}

#[tokio::test]
async fn what_a_user_or_group_is_needed_for_keeps_it_and_renames_carry_along() {
    let farm = Farm::start().await;
    farm.world().await;
    farm.user("ann").await;
    let fields = json!({ "project_label": "p", "label": "hers", "user_label": "ann",
                         "group_label": "crew" });
    farm.post("package", fields).await.ok();
    let kept = farm.delete("/user/ann/delete.json?confirm_delete=1").await;
    assert!(kept.refused(409, "StillReferred").contains("hers"));
    let kept = farm.delete("/group/crew/delete.json?confirm_delete=1").await;
    kept.refused(409, "StillReferred");
    farm.put("/user/ann/put.json", json!({ "label": "anne" })).await.ok();
    farm.put("/group/crew/put.json", json!({ "label": "team" })).await.ok();
    let package = farm.get("/package/hers/get_one.json?project_label=p").await.ok();
    assert_eq!(package["package"]["user_label"], json!("anne"));
    assert_eq!(package["package"]["group_label"], json!("team"));
    farm.stop().await;
}

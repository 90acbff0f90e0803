//! get_all: filters, search, order, pages, and lists without end.

use serde_json::{Value, json};

use crate::farm::Farm;

fn labels(data: &Value, plural: &str) -> Vec<String> {
    let rows = data[plural].as_array().unwrap();
    rows.iter().map(|row| row["label"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn filters_search_and_order() {
    let farm = Farm::start().await;
    farm.world().await;
    let list = async |query: &str| {
        labels(&farm.get(&format!("/target/get_all.json?{query}")).await.ok(), "targets")
    };
    assert_eq!(list("release_label=el5").await, ["el5-i386", "el5-x86_64"]);
    assert_eq!(list("release_label=el5&arch_label=i386").await, ["el5-i386"]);
    assert_eq!(list("arch_label=i386&arch_label=x86_64").await.len(), 3);
    assert_eq!(list("arch_label=i386,x86_64").await.len(), 3);
    assert_eq!(list("mf_search_query=EL6").await, ["el6-x86_64"]);
    assert_eq!(list("mf_search_query=86_6").await, ["el5-x86_64", "el6-x86_64"]);
    assert_eq!(list("mf_search_query=8__6").await, Vec::<String>::new());
    assert_eq!(list("mf_search_query=%25").await, Vec::<String>::new());
    assert_eq!(list("order=-label").await, ["el6-x86_64", "el5-x86_64", "el5-i386"]);
    assert_eq!(list("project_label=ignored").await.len(), 3);
    for (query, code) in [
        ("release_label=nope", "UnknownReference"),
        ("config=x", "UnknownField"),
        ("order=config", "InvalidValue"),
        ("order=label;drop", "InvalidValue"),
        ("limit=0", "InvalidValue"),
        ("limit=1&after=x", "InvalidValue"),
        ("lists=some", "InvalidValue"),
        ("mf_search_query=a%00", "InvalidValue"),
    ] {
        farm.get(&format!("/target/get_all.json?{query}")).await.refused(400, code);
    }
    farm.stop().await;
}

#[tokio::test]
async fn pages_give_every_row_once_in_any_order() {
    let farm = Farm::start().await;
    for n in 0..25 {
        let made = json!({ "label": format!("t{n}"), "priority": n % 3 });
        farm.post("build_type", made).await.ok();
    }
    for order in ["id", "-id", "label", "-priority", "priority"] {
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let path = format!("/build_type/get_all.json?limit=4&order={order}&after={after}");
            let data = farm.get(&path).await.ok();
            seen.extend(labels(&data, "build_types"));
            match data["after"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        let whole = farm.get(&format!("/build_type/get_all.json?order={order}")).await.ok();
        assert_eq!(seen, labels(&whole, "build_types"), "{order}");
        assert_eq!(seen.len(), 30, "{order}");
    }
    farm.stop().await;
}

#[tokio::test]
async fn a_long_list_is_streamed_whole() {
    let farm = Farm::start().await;
    let many = |tx: &mf_hub::store::Tx<'_>| {
        Ok(tx.execute(
            "INSERT INTO arch (label, create_date, update_date) \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2600) \
             SELECT 'arch' || i, '', '' FROM n",
            [],
        )?)
    };
    farm.hub.writer.run("test", many).await.unwrap();
    let all = labels(&farm.get("/arch/get_all.json").await.ok(), "archs");
    assert_eq!(all.len(), 2604);
    assert_eq!(all.last().unwrap(), "arch2600");
    farm.stop().await;
}

#[tokio::test]
async fn lists_that_grow_come_when_they_are_asked_for() {
    let farm = Farm::start().await;
    farm.world().await;
    let one = farm.get("/project/p/get_one.json").await.ok();
    assert_eq!(one["project"]["packages"], json!(["k"]));
    let brief = farm.get("/project/get_all.json").await.ok();
    assert!(brief["projects"][0].get("packages").is_none());
    let whole = farm.get("/project/get_all.json?lists=all").await.ok();
    assert_eq!(whole["projects"][0], one["project"]);
    farm.stop().await;
}

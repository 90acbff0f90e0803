//! Which of two plugins that give the same is used.

use std::sync::Arc;

use mf_core::wire::Offer;

use super::checked::Plugin;
use super::rejected::Rejected;

/// Keeps the plugins that can be used side by side. Of two with the same id,
/// or with the same handler, that one stays whose hash is `known` to the hub
/// already, else the one whose file is named `libmf_plugin_<id>.so`, else the
/// first; the other is refused by name.
pub fn choose(mut found: Vec<Arc<Plugin>>, known: &[Offer]) -> (Vec<Arc<Plugin>>, Vec<Rejected>) {
    let registered = |plugin: &Plugin| {
        let offers = plugin.offers();
        known.iter().any(|k| {
            offers.iter().any(|o| (o.kind, &o.label, &o.digest) == (k.kind, &k.label, &k.digest))
        })
    };
    // A stable sort: plugins of the same rank stay in the order of the search.
    found.sort_by_key(|plugin| (!registered(plugin), !plugin.is_named_for_its_id()));
    let (mut kept, mut rejected) = (Vec::<Arc<Plugin>>::new(), Vec::new());
    for plugin in found {
        let twice = kept.iter().find_map(|other| Some((other, shared(&plugin, other)?)));
        let Some((other, what)) = twice else {
            kept.push(plugin);
            continue;
        };
        let why = if registered(other) && !registered(&plugin) {
            "whose hash the hub has registered"
        } else if other.is_named_for_its_id() && !plugin.is_named_for_its_id() {
            "which is named for it"
        } else {
            "which was found first"
        };
        let reason = format!(
            "gives {what} a second time and is not used, because of {}, {why}; remove one of them",
            other.path.display()
        );
        let id = Some(plugin.meta.id.clone());
        rejected.push(Rejected { path: plugin.path.clone(), plugin: id, reason });
    }
    kept.sort_by(|a, b| a.meta.id.cmp(&b.meta.id));
    (kept, rejected)
}

/// What two plugins both claim to be or to give.
fn shared(a: &Plugin, b: &Plugin) -> Option<String> {
    if a.meta.id == b.meta.id {
        return Some(format!("the plugin '{}'", a.meta.id));
    }
    let same = a.meta.handlers.iter().find(|handler| {
        b.meta.handlers.iter().any(|h| (h.kind, &h.label) == (handler.kind, &handler.label))
    });
    let Some(same) = same else {
        let hook =
            a.meta.hooks.iter().find(|hook| b.meta.hooks.iter().any(|h| h.label == hook.label))?;
        return Some(format!("the regulator hook '{}'", hook.label));
    };
    Some(format!("the {} '{}'", same.kind.resource().replace('_', " "), same.label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::image::Image;
    use crate::plugin::meta::{Handler, Meta};
    use mf_core::wire::HandlerKind;

    fn plugin(path: &str, id: &str, label: &str, digest: &str) -> Arc<Plugin> {
        let kind = HandlerKind::BuildHandler;
        let handlers = vec![Handler { kind, label: label.into(), about: String::new() }];
        let (version, api) = ("1".into(), "1.0".into());
        Arc::new(Plugin {
            meta: Meta { id: id.into(), version, api, unwinds: true, handlers, hooks: Vec::new() },
            schemas: Default::default(),
            digest: digest.into(),
            path: path.into(),
            image: Arc::new(Image::seal(b"").unwrap()),
        })
    }

    fn kept(found: &[&Arc<Plugin>], known: &[Offer]) -> (Vec<String>, Vec<String>) {
        let (kept, rejected) = choose(found.iter().map(|p| Arc::clone(p)).collect(), known);
        (
            kept.iter().map(|p| p.path.display().to_string()).collect(),
            rejected.iter().map(Rejected::to_string).collect(),
        )
    }

    #[test]
    fn the_registered_hash_wins_then_the_name_then_the_order() {
        let first = plugin("/p/a.so", "x", "x", "1");
        let second = plugin("/p/b.so", "x", "x", "2");
        let named = plugin("/p/libmf_plugin_x.so", "x", "x", "3");
        let all = [&first, &second, &named];
        let (paths, rejected) = kept(&all, &second.offers());
        assert_eq!(paths, ["/p/b.so"]);
        assert_eq!(
            rejected[0],
            "/p/libmf_plugin_x.so: gives the plugin 'x' a second time and is not used, because \
             of /p/b.so, whose hash the hub has registered; remove one of them"
        );
        assert_eq!(rejected.len(), 2);
        assert_eq!(kept(&all, &[]).0, ["/p/libmf_plugin_x.so"]);
        let (paths, rejected) = kept(&all[..2], &[]);
        assert_eq!(paths, ["/p/a.so"]);
        assert!(rejected[0].contains("which was found first"));
    }

    #[test]
    fn a_handler_twice_is_refused_and_others_stay() {
        let one = plugin("/p/libmf_plugin_one.so", "one", "rpm", "1");
        let two = plugin("/p/libmf_plugin_two.so", "two", "rpm", "2");
        let other = plugin("/p/libmf_plugin_z.so", "z", "deb", "3");
        let (paths, rejected) = kept(&[&one, &two, &other], &[]);
        assert_eq!(paths, ["/p/libmf_plugin_one.so", "/p/libmf_plugin_z.so"]);
        assert!(rejected[0].contains("gives the build handler 'rpm' a second time"));
    }
}

//! Computed fields: one SQL expression each, over the row `t`. Lists are JSON
//! arrays of text, sorted; JSON is an array of objects.

/// Those that have a handler.
macro_rules! systems {
    ($kind:literal) => {
        concat!(
            "(SELECT json_group_array(label) FROM (SELECT DISTINCT s.label FROM system_offer o \
             JOIN system s ON s.id = o.system_id WHERE o.kind = '",
            $kind,
            "' AND o.label = t.label ORDER BY s.label))"
        )
    };
}

/// Names of a task's files of one kind, of its last attempt.
macro_rules! files {
    ($kind:literal) => {
        concat!(
            "(SELECT json_group_array(name) FROM (SELECT name FROM task_file \
             WHERE task_id = t.id AND attempt = t.attempt AND kind = '",
            $kind,
            "' ORDER BY name))"
        )
    };
}

/// The errands of what a column refers to. Most of the farm has none, and a
/// table made of none is not free.
macro_rules! errands {
    ($column:literal) => {
        concat!(
            "CASE WHEN NOT EXISTS (SELECT 1 FROM errand WHERE ",
            $column,
            " = t.id) THEN '[]' \
             ELSE (SELECT json_group_array(json_object('id', id, 'about', about, 'state', state, \
             'attempts', attempt, 'next_try', next_try, 'message', message)) FROM \
             (SELECT * FROM errand WHERE ",
            $column,
            " = t.id ORDER BY id DESC LIMIT 100)) END"
        )
    };
}

/// The expression of a computed field; `None` where there is none, which a
/// test turns into a failure.
pub fn expression(resource: &str, field: &str) -> Option<&'static str> {
    match (resource, field) {
        ("build_handler" | "vcs_handler" | "bug_handler", "schemas") => {
            Some("CASE t.schemas WHEN '' THEN '{}' ELSE t.schemas END")
        }
        ("build_handler", "systems") => Some(systems!("build_handler")),
        ("vcs_handler", "systems") => Some(systems!("vcs_handler")),
        ("bug_handler", "systems") => Some(systems!("bug_handler")),
        ("build", _) => build(field),
        ("task", _) => task(field),
        ("tag", _) => tag(field),
        ("system", _) => system(field),
        ("package_branch", _) => package_branch(field),
        ("target", "distro_label") => Some(
            "(SELECT d.label FROM \"release\" r JOIN distro d ON d.id = r.distro_id \
             WHERE r.id = t.release_id)",
        ),
        _ => None,
    }
}

/// The computed fields of a build.
fn build(field: &str) -> Option<&'static str> {
    Some(match field {
        // Most builds are for one release, which needs no sorting.
        "releases" => {
            "(SELECT CASE WHEN min(r.label) = max(r.label) THEN json_array(min(r.label)) ELSE \
             (SELECT json_group_array(label) FROM (SELECT r.label FROM task k \
             JOIN target a ON a.id = k.target_id JOIN \"release\" r ON r.id = a.release_id \
             WHERE k.build_id = t.id GROUP BY r.label ORDER BY r.label)) END \
             FROM task k JOIN target a ON a.id = k.target_id \
             JOIN \"release\" r ON r.id = a.release_id WHERE k.build_id = t.id)"
        }
        // Most builds have no bugs: a table made of none is not free.
        "bug_urls" => {
            "CASE t.bugs WHEN '' THEN '[]' ELSE \
             (SELECT json_group_array(replace(h.bug_url_template, '{bug}', b.bug)) \
             FROM project p JOIN bug_handler h ON h.id = p.bug_handler_id, \
             (SELECT bug FROM build_bug WHERE build_id = t.id ORDER BY number) b \
             WHERE p.id = t.project_id AND h.bug_url_template <> '') END"
        }
        "bug_details" => {
            "CASE t.bugs WHEN '' THEN '[]' ELSE \
             (SELECT json_group_array(json_object('bug', bug, 'state', state, 'title', title, \
             'status', status, 'message', message, 'check_date', check_date)) FROM \
             (SELECT * FROM build_bug WHERE build_id = t.id ORDER BY number)) END"
        }
        "errands" => errands!("build_id"),
        // Most builds have no comments either.
        "comments" => {
            "CASE WHEN NOT EXISTS (SELECT 1 FROM build_comment WHERE build_id = t.id) THEN '[]' \
             ELSE (SELECT json_group_array(json_object('user_label', user_label, \
             'create_date', create_date, 'karma', karma, 'comment', comment)) FROM \
             (SELECT u.label AS user_label, c.create_date, c.karma, c.comment \
             FROM build_comment c JOIN \"user\" u ON u.id = c.user_id \
             WHERE c.build_id = t.id ORDER BY c.id)) END"
        }
        "karma" => {
            "(SELECT coalesce(sum(c.karma), 0) FROM build_comment c WHERE c.build_id = t.id \
             AND c.karma <> 0 AND NOT EXISTS (SELECT 1 FROM build_comment n \
             WHERE n.build_id = t.id AND n.user_id = c.user_id AND n.karma <> 0 AND n.id > c.id))"
        }
        _ => return None,
    })
}

/// The computed fields of a task.
fn task(field: &str) -> Option<&'static str> {
    Some(match field {
        "logs" => files!("log"),
        "files" => files!("file"),
        "sources" => files!("source"),
        "configs" => files!("config"),
        _ => return None,
    })
}

/// The computed fields of a tag.
fn tag(field: &str) -> Option<&'static str> {
    Some(match field {
        "errands" => errands!("tag_id"),
        "repository" => {
            "(CASE WHEN t.manage_repo THEN '/repo/' || \
             (SELECT label FROM project WHERE id = t.project_id) || '/' || t.label || '/' ELSE '' END)"
        }
        "repository_state" => {
            "CASE WHEN NOT t.manage_repo THEN '' ELSE coalesce(\
             (SELECT 'lags since ' || create_date || \
             CASE message WHEN '' THEN '' ELSE ': ' || message END FROM errand \
             WHERE tag_id = t.id AND kind = 'repository' AND end_date = ''), \
             (SELECT 'current as of ' || date FROM repository_generation \
             WHERE tag_id = t.id AND state = 'current'), '') END"
        }
        _ => return None,
    })
}

/// The computed fields of a system.
fn system(field: &str) -> Option<&'static str> {
    Some(match field {
        "host_signature" => {
            "(SELECT coalesce(max('SHA256:' || lower(hex(hash))), '') FROM api_key \
             WHERE id = (SELECT max(id) FROM api_key WHERE system_id = t.id))"
        }
        "build_handlers" => {
            "(SELECT json_group_array(label) FROM (SELECT DISTINCT label FROM system_offer \
             WHERE system_id = t.id AND kind = 'build_handler' ORDER BY label))"
        }
        "archs" => {
            "(SELECT json_group_array(arch) FROM (SELECT arch FROM system_arch \
             WHERE system_id = t.id ORDER BY arch))"
        }
        "build_count" => {
            "(SELECT count(*) FROM task WHERE system_id = t.id \
             AND status IN ('Building', 'Cancelling'))"
        }
        "last_seen" => "t.last_seen",
        // As `queue::Pause` says it.
        "drained" => {
            "coalesce((SELECT 'by ' || actor || ' since ' || date || ' UTC' || \
             CASE reason WHEN '' THEN '' ELSE ', because of: ' || reason END \
             FROM system_drain WHERE system_id = t.id), '')"
        }
        _ => return None,
    })
}

/// The computed fields of a package-branch.
fn package_branch(field: &str) -> Option<&'static str> {
    Some(match field {
        "head" => "coalesce((SELECT revision FROM branch_head WHERE package_branch_id = t.id), '')",
        "head_state" => {
            "CASE WHEN NOT t.build_on_commit THEN '' ELSE \
             coalesce((SELECT CASE WHEN problem <> '' THEN problem \
             WHEN date <> '' THEN 'there since ' || date END \
             FROM branch_head WHERE package_branch_id = t.id), 'not looked at yet') END"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use mf_core::resource::{ALL, Kind};

    use super::*;

    #[test]
    fn every_computed_field_has_its_expression() {
        for resource in ALL {
            for field in resource.fields() {
                if matches!(field.kind, Kind::Computed(_)) {
                    let found = expression(&resource.key(), field.name);
                    assert!(found.is_some(), "{}.{} has no expression", resource.name, field.name);
                }
            }
        }
    }
}

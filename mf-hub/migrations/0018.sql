-- Regulator hooks that plugins provide, for people who ask what a plugin does;
-- nothing else refers to them.
CREATE TABLE plugin_hook (
    plugin TEXT NOT NULL,
    label TEXT NOT NULL,
    version TEXT NOT NULL,
    digest TEXT NOT NULL,
    -- JSON Schemas, as those of handlers; '' if the plugin has said nothing.
    schemas TEXT NOT NULL,
    PRIMARY KEY (plugin, label)
) STRICT, WITHOUT ROWID;

//! What a resource is, as plain data. No SQL, no HTTP.

/// One kind of thing that the farm knows, such as a package or a task.
#[derive(Debug)]
pub struct Resource {
    /// URL segment and command-line noun. The `_` spelling, the plural key
    /// and the table's name follow by rule.
    pub name: &'static str,
    /// One line for people: help texts, documentation.
    pub about: &'static str,
    /// What a label is unique in.
    pub scope: Scope,
    /// Groups of fields, so that what several resources share is said once.
    pub fields: &'static [&'static [Field]],
    /// Who may read, create, update and delete.
    pub rights: [Who; 4],
    /// What it answers beside the five verbs; the bodies are in the hub.
    pub functions: &'static [Function],
}

/// What a label is unique in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Unique in the whole farm.
    Site,
    /// Unique in its project, and addressed with `project_label=`.
    Project,
    /// There are no rows, only functions.
    NoRows,
}

/// One field of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Name on the wire; a reference `x_label` is column `x_id` and flag `--x`.
    pub name: &'static str,
    /// One line for people.
    pub about: &'static str,
    /// What values it has; also their parser and their storage.
    pub kind: Kind,
    /// What happens when it is not given on create.
    pub need: Need,
    /// Who sees it.
    pub read: Who,
    /// Who may set it; [`Who::HUB`] alone means that only functions do.
    pub write: Who,
    /// Whether lists can be filtered or searched by it.
    pub find: Find,
    /// Other spellings of its command-line flag.
    pub also: &'static [&'static str],
}

/// What values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The resource's own label.
    Label,
    /// Text of at most so many bytes.
    Text(usize),
    /// A whole number, from and up to.
    Int(i64, i64),
    /// True or false.
    Bool,
    /// A moment in UTC.
    Time,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A reference; `""` means none.
    Ref {
        /// Name of the resource that it refers to.
        to: &'static str,
        /// Whether this goes when the other is deleted; else the delete is refused.
        owned: bool,
    },
    /// Many to many: both sides may name the link table.
    Refs {
        /// Name of the resource at the other end.
        to: &'static str,
        /// The link table, with columns `<resource>_id` for both ends.
        via: &'static str,
    },
    /// The other end of a [`Kind::Ref`]: labels, read only, no storage.
    Back {
        /// Name of the resource that refers to this one.
        of: &'static str,
        /// Its field that does.
        by: &'static str,
    },
    /// Computed by one SQL expression that the hub keeps by name.
    Computed(Gives),
    /// Never read back; stored by a function of the hub.
    Secret,
}

/// What a computed field gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// Text; `""` for none.
    Text,
    /// A whole number.
    Int,
    /// A moment in UTC; `""` for none.
    Time,
    /// A list of labels or names.
    List,
    /// Any JSON value, as the resource's documentation says.
    Json,
}

/// What happens when a field is not given on create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It is refused.
    Must,
    /// It is empty: `""`, `0`, `false`, no entries.
    May,
    /// It has this value, parsed like any input.
    Default(&'static str),
    /// The hub makes it up, as the field's `about` says.
    Made,
}

/// Whether lists can be filtered or searched by a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Find {
    /// Neither.
    No,
    /// `field=value` filters; there is an index.
    Filter,
    /// `mf_search_query=word` looks into it; `field=value` filters too.
    Search,
}

/// What a resource answers beside the five verbs.
#[derive(Debug)]
pub struct Function {
    /// Last segment of its path (before the name, for [`On::Part`]).
    pub name: &'static str,
    /// One line for people.
    pub about: &'static str,
    /// What it is called on.
    pub on: On,
    /// Its parameters.
    pub takes: &'static [Field],
    /// Keys of `data` in its answer; none for bytes.
    pub gives: &'static [&'static str],
    /// Who may call it.
    pub who: Who,
    /// Whether it changes anything: POST; else GET.
    pub writes: bool,
}

/// What a function is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// One object: `/build/LABEL/cancel`.
    One,
    /// A part of one object, by name: `/task/LABEL/log/NAME`.
    Part,
    /// The resource: `/util/version`.
    All,
}

/// What a function answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The envelope, with what the function gives under `data`.
    Envelope,
    /// Bytes: a file or a log.
    Bytes,
    /// Server-sent events, without end.
    Events,
}

/// A set of roles; the hub says which of them a caller has on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who(pub u16);

impl Who {
    /// Nobody at all.
    pub const NOBODY: Who = Who(0);
    /// Everybody, with a key or without.
    pub const ANYONE: Who = Who(0xffff);
    /// A user with a key.
    pub const SIGNED_IN: Who = Who(1);
    /// The user it belongs to, or a member of the group it belongs to; of a
    /// system its own worker.
    pub const OWNER: Who = Who(2);
    /// A member of the project's admin group.
    pub const PROJECT: Who = Who(4);
    /// A member of the group `admin`.
    pub const ADMIN: Who = Who(8);
    /// A worker's system.
    pub const SYSTEM: Who = Who(16);
    /// The regulator.
    pub const REGULATOR: Who = Who(32);
    /// The hub itself: read-only for everybody else.
    pub const HUB: Who = Who(64);
    /// Somebody without a key, where the site lets people register.
    pub const NEWCOMER: Who = Who(128);

    /// Either set.
    pub const fn or(self, other: Who) -> Who {
        Who(self.0 | other.0)
    }

    /// Whether the two sets share a role.
    pub const fn meets(self, other: Who) -> bool {
        self.0 & other.0 != 0
    }

    /// The roles in words for people, the widest first.
    pub fn names(self) -> Vec<&'static str> {
        if self == Who::ANYONE {
            return vec!["anyone"];
        }
        let roles = [
            (Who::NEWCOMER, "newcomer"),
            (Who::SIGNED_IN, "user"),
            (Who::OWNER, "owner"),
            (Who::PROJECT, "project admin"),
            (Who::ADMIN, "site admin"),
            (Who::SYSTEM, "system"),
            (Who::REGULATOR, "regulator"),
        ];
        roles.into_iter().filter(|(role, _)| self.meets(*role)).map(|(_, name)| name).collect()
    }
}

/// An optional field that anyone reads and the project's and the site's
/// admins write; the methods below say otherwise.
pub const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field {
        name,
        about,
        kind,
        need: Need::May,
        read: Who::ANYONE,
        write: Who::PROJECT.or(Who::ADMIN),
        find: Find::No,
        also: &[],
    }
}

impl Field {
    /// Required on create.
    pub const fn must(self) -> Field {
        Field { need: Need::Must, ..self }
    }
    /// With a default value.
    pub const fn or(self, default: &'static str) -> Field {
        Field { need: Need::Default(default), ..self }
    }
    /// With a value that the hub makes up.
    pub const fn made(self) -> Field {
        Field { need: Need::Made, ..self }
    }
    /// Seen by these only.
    pub const fn read(self, read: Who) -> Field {
        Field { read, ..self }
    }
    /// Set by these only.
    pub const fn write(self, write: Who) -> Field {
        Field { write, ..self }
    }
    /// Read-only: derived, or the farm's own.
    pub const fn derived(self) -> Field {
        self.write(Who::HUB)
    }
    /// Lists filter by it.
    pub const fn filter(self) -> Field {
        Field { find: Find::Filter, ..self }
    }
    /// Searches look into it.
    pub const fn search(self) -> Field {
        Field { find: Find::Search, ..self }
    }
    /// Other spellings of its flag.
    pub const fn also(self, also: &'static [&'static str]) -> Field {
        Field { also, ..self }
    }

    /// Whether it grows with the farm's age, so that lists of objects leave
    /// it out unless they are asked for `lists=all`.
    pub const fn grows(&self) -> bool {
        matches!(self.kind, Kind::Back { .. } | Kind::Computed(Gives::Json))
            || (matches!(self.kind, Kind::Refs { .. }) && self.write.0 == Who::HUB.0)
    }

    /// Whether no caller can ever set it.
    pub const fn read_only(&self) -> bool {
        self.write.0 == Who::HUB.0
    }
}

impl Function {
    /// What it answers with.
    pub fn answer(&self) -> Answer {
        match (self.on, self.name) {
            (On::Part, _) => Answer::Bytes,
            (On::All, "events") => Answer::Events,
            _ => Answer::Envelope,
        }
    }
}

impl Resource {
    /// Key of one object in replies, and the table's name: `package_branch`.
    pub fn key(&self) -> String {
        self.name.replace('-', "_")
    }

    /// One of them, in a sentence: `an arch`, `a user`.
    pub fn one(&self) -> String {
        let article = if self.name.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        format!("{article} {}", self.name)
    }

    /// Key of a list in replies: `package_branches`, `archs`.
    pub fn plural(&self) -> String {
        let key = self.key();
        if key.ends_with("branch") { key + "es" } else { key + "s" }
    }

    /// Several of them, in a sentence: `archs`, `package-branches`.
    pub fn many(&self) -> String {
        let other = if self.name.contains('-') { "-" } else { " " };
        self.plural().replace('_', other)
    }

    /// All fields, in the order of replies.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.fields.iter().flat_map(|group| group.iter())
    }

    /// A field by its name on the wire.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields().find(|field| field.name == name)
    }

    /// A function by its name.
    pub fn function(&self, name: &str) -> Option<&'static Function> {
        self.functions.iter().find(|function| function.name == name)
    }

    /// Who may read.
    pub const fn readers(&self) -> Who {
        self.rights[0]
    }
    /// Who may create.
    pub const fn creators(&self) -> Who {
        self.rights[1]
    }
    /// Who may update.
    pub const fn updaters(&self) -> Who {
        self.rights[2]
    }
    /// Who may delete.
    pub const fn deleters(&self) -> Who {
        self.rights[3]
    }
}

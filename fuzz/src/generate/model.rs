//! Types as data.

/// A type of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ty {
    Plain(&'static str),
    /// `Option<T>`, `Vec<T>`, `HashSet<T>`, …
    Of(&'static str, Vec<Self>),
    Tuple(Vec<Self>),
    Array(Box<Self>, usize),
    /// A type of the file, by its number.
    Own(usize),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    /// Empty in a tuple.
    pub(super) name: String,
    pub(super) ty: Ty,
    /// What serde is told.
    pub(super) attrs: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fields {
    Unit,
    Tuple(Vec<Field>),
    Named(Vec<Field>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Variant {
    pub(super) name: String,
    pub(super) fields: Fields,
    pub(super) attrs: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    Struct(Fields),
    Enum(Vec<Variant>),
}

/// A type of the file: `T0`, `T1`, …
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Def {
    pub(super) number: usize,
    pub(super) body: Body,
    pub(super) attrs: Vec<String>,
}

impl Ty {
    pub(super) fn of(name: &'static str, inside: Self) -> Self {
        Self::Of(name, vec![inside])
    }

    pub(super) fn parts(&self) -> &[Self] {
        match self {
            Self::Plain(_) | Self::Own(_) => &[],
            Self::Of(_, parts) | Self::Tuple(parts) => parts,
            Self::Array(part, _) => std::slice::from_ref(part),
        }
    }

    /// Whether the type, or one that it is made of, is like that.
    pub(super) fn any(&self, defs: &[Def], is: &impl Fn(&Self) -> bool) -> bool {
        self.any_but(defs, &mut Vec::new(), is)
    }

    fn any_but(&self, defs: &[Def], seen: &mut Vec<usize>, is: &impl Fn(&Self) -> bool) -> bool {
        if is(self) {
            return true;
        }
        match self {
            Self::Own(number) if seen.contains(number) => false,
            Self::Own(number) => {
                seen.push(*number);
                let Some(def) = defs.get(*number) else { return false };
                def.fields().any(|field| field.ty.any_but(defs, seen, is))
            }
            _ => self.parts().iter().any(|part| part.any_but(defs, seen, is)),
        }
    }

    /// Whether it can be a key of a map.
    pub(super) fn is_key(&self, defs: &[Def]) -> bool {
        !self.any(defs, &|ty| {
            matches!(ty, Self::Plain("f32" | "f64") | Self::Of("HashMap" | "HashSet", _))
        })
    }

    pub(super) fn has_default(&self) -> bool {
        match self {
            Self::Own(_) => false,
            Self::Of("Box" | "Arc", parts) => parts[0].has_default(),
            Self::Of(..) | Self::Plain(_) => true,
            Self::Tuple(_) | Self::Array(..) => self.parts().iter().all(Self::has_default),
        }
    }

    fn owns(&self, found: &mut Vec<usize>) {
        if let Self::Own(number) = self {
            found.push(*number);
        }
        self.parts().iter().for_each(|part| part.owns(found));
    }

    /// Whether serde writes it as the entries of a map.
    pub(super) fn is_flat(&self, defs: &[Def]) -> bool {
        match self {
            Self::Of("HashMap" | "BTreeMap", parts) => parts[0] == Self::Plain("String"),
            Self::Own(number) => defs.get(*number).is_some_and(|def| {
                matches!(def.body, Body::Struct(Fields::Named(_))) && !def.has("transparent")
            }),
            _ => false,
        }
    }
}

impl Field {
    pub(super) fn has(&self, attr: &str) -> bool {
        self.attrs.iter().any(|text| text.starts_with(attr))
    }
}

impl Fields {
    pub(super) fn list(&self) -> &[Field] {
        match self {
            Self::Unit => &[],
            Self::Tuple(fields) | Self::Named(fields) => fields,
        }
    }
}

impl Variant {
    pub(super) fn has(&self, attr: &str) -> bool {
        self.attrs.iter().any(|text| text.starts_with(attr))
    }
}

impl Def {
    pub(super) fn has(&self, attr: &str) -> bool {
        self.attrs.iter().any(|text| text.starts_with(attr))
    }

    pub(super) fn fields(&self) -> Box<dyn Iterator<Item = &Field> + '_> {
        match &self.body {
            Body::Struct(fields) => Box::new(fields.list().iter()),
            Body::Enum(variants) => {
                Box::new(variants.iter().flat_map(|variant| variant.fields.list()))
            }
        }
    }

    pub(super) fn owns(&self) -> Vec<usize> {
        let mut found = Vec::new();
        self.fields().for_each(|field| field.ty.owns(&mut found));
        found
    }

    /// Whether the variant of an enum, or the struct itself, shows its only field without a type of its own: a set in it keeps its
    /// order then.
    pub(super) fn shows_inside(&self, variant: Option<&Variant>) -> bool {
        let is_bare = variant.is_some_and(|variant| {
            let is_newtype = matches!(&variant.fields, Fields::Tuple(fields) if fields.len() == 1);
            let is_internal = self.has("tag") && !self.has("content");
            is_newtype && (is_internal || self.has("untagged") || variant.has("untagged"))
        });
        is_bare || self.has("transparent")
    }

    /// The fields with what serde shows of them: `true` where a set keeps its order.
    fn shown(&self) -> Vec<(&Field, bool)> {
        let hidden = |field: &Field, inside| {
            inside || field.has("flatten") || field.has("with") || field.has("skip")
        };
        match &self.body {
            Body::Struct(fields) => {
                let inside = self.shows_inside(None);
                fields.list().iter().map(|field| (field, hidden(field, inside))).collect()
            }
            Body::Enum(variants) => variants
                .iter()
                .flat_map(|variant| {
                    let inside = self.shows_inside(Some(variant));
                    variant.fields.list().iter().map(move |field| (field, hidden(field, inside)))
                })
                .collect(),
        }
    }

    /// Whether an equal value may be written in another order.
    pub(super) fn hides_order(&self, defs: &[Def]) -> bool {
        let is_hash = |ty: &Ty| matches!(ty, Ty::Of("HashMap" | "HashSet", _));
        self.shown().into_iter().any(|(field, hidden)| hidden && field.ty.any(defs, &is_hash))
    }

    /// Whether serde's attributes may bring back another value than was written.
    pub(super) fn is_lossy(&self) -> bool {
        let is_tagged = self.has("untagged") || self.has("tag");
        let variants = match &self.body {
            Body::Enum(variants) => &variants[..],
            Body::Struct(_) => &[],
        };
        is_tagged
            || variants.iter().any(|variant| variant.has("untagged"))
            || self.fields().any(|field| field.has("flatten") || field.has("skip"))
    }
}

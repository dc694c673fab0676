//! The imports of one Rust source: `use` declarations and paths in code, each with its line. What is compiled for tests alone is
//! left out.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItemFn, Item, ItemMod, ItemUse, Macro, Meta, Path, Token, UseTree, Visibility};

/// A path that a source names, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The module that names it, from the crate's root.
    pub module: Vec<String>,
    /// The path as written, such as `["crate", "lead", "Value"]`; a glob ends in `*`.
    pub path: Vec<String>,
    /// From 1.
    pub line: usize,
    /// Of a `use`: the name it gives the item in `module`, and whether others may import it from there.
    pub binding: Option<(String, bool)>,
}

/// What a source holds that matters here.
#[derive(Debug, Default)]
pub struct Source {
    /// In the order of the text.
    pub imports: Vec<Import>,
    /// Modules that it declares.
    pub modules: Vec<Vec<String>>,
    /// Modules that it declares for tests alone.
    pub test_modules: Vec<Vec<String>>,
}

/// Reads `text`, the source of `module`.
pub fn read(text: &str, module: &[String]) -> Result<Source, syn::Error> {
    let mut reader = Reader { source: Source::default(), module: module.to_vec() };
    reader.visit_file(&syn::parse_file(text)?);
    Ok(reader.source)
}

struct Reader {
    source: Source,
    module: Vec<String>,
}

impl Reader {
    fn add(&mut self, path: Vec<String>, span: Span, binding: Option<(String, bool)>) {
        self.source.imports.push(Import { module: self.module.clone(), path, line: span.start().line, binding });
    }

    /// Adds every path of a `use`, whose groups may be nested.
    fn add_tree(&mut self, tree: &UseTree, mut before: Vec<String>, is_public: bool) {
        match tree {
            UseTree::Path(part) => {
                before.push(part.ident.to_string());
                self.add_tree(&part.tree, before, is_public);
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(tree, before.clone(), is_public)),
            UseTree::Name(name) => self.add_leaf(before, &name.ident, &name.ident, is_public),
            UseTree::Rename(name) => self.add_leaf(before, &name.ident, &name.rename, is_public),
            UseTree::Glob(glob) => {
                before.push("*".to_owned());
                self.add(before, glob.star_token.spans[0], Some(("*".to_owned(), is_public)));
            }
        }
    }

    fn add_leaf(&mut self, mut path: Vec<String>, ident: &syn::Ident, name: &syn::Ident, is_public: bool) {
        let span = ident.span();
        // `{self}` is what stands before it.
        let name = match (ident == "self", ident == name) {
            (true, true) => path.last().cloned().unwrap_or_default(),
            _ => name.to_string(),
        };
        if ident != "self" {
            path.push(ident.to_string());
        }
        self.add(path, span, Some((name, is_public)));
    }

    /// Adds the paths among the tokens of a macro, which have no syntax tree.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let (mut path, mut colons): (Vec<(String, Span)>, usize) = (Vec::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if colons == 2 || path.is_empty() => {
                    path.push((ident.to_string(), ident.span()));
                    colons = 0;
                    continue;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    continue;
                }
                _ => {}
            }
            self.end_path(&mut path);
            colons = 0;
            match token {
                TokenTree::Ident(ident) => path.push((ident.to_string(), ident.span())),
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                _ => {}
            }
        }
        self.end_path(&mut path);
    }

    fn end_path(&mut self, path: &mut Vec<(String, Span)>) {
        let path = std::mem::take(path);
        if let [(_, span), _, ..] = path[..] {
            self.add(path.into_iter().map(|(name, _)| name).collect(), span, None);
        }
    }
}

impl Visit<'_> for Reader {
    fn visit_item(&mut self, item: &Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        } else if let Item::Mod(module) = item {
            self.source.test_modules.push([&self.module[..], &[module.ident.to_string()]].concat());
        }
    }

    fn visit_item_mod(&mut self, module: &ItemMod) {
        self.module.push(module.ident.to_string());
        self.source.modules.push(self.module.clone());
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_impl_item_fn(&mut self, method: &ImplItemFn) {
        if !is_for_tests(&method.attrs) {
            visit::visit_impl_item_fn(self, method);
        }
    }

    fn visit_item_use(&mut self, item: &ItemUse) {
        self.add_tree(&item.tree, Vec::new(), !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let (Some(first), true) = (path.segments.first(), names.len() > 1) {
            self.add(names, first.ident.span(), None);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &Macro) {
        self.add_tokens(call.tokens.clone());
    }

    /// `pub(in super::super)` imports nothing.
    fn visit_visibility(&mut self, _: &Visibility) {}
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether a `cfg` leaves the item out of every build but that of tests.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    let of_attribute = |attribute: &Attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => list.parse_args().is_ok_and(|condition| needs_test(&condition)),
        _ => false,
    };
    attributes.iter().any(of_attribute)
}

fn needs_test(condition: &Meta) -> bool {
    let parts = |list: &syn::MetaList| list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => parts(list).is_ok_and(|parts| parts.iter().any(needs_test)),
        Meta::List(list) if list.path.is_ident("any") => parts(list).is_ok_and(|parts| parts.iter().all(needs_test)),
        _ => false,
    }
}

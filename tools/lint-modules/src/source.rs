//! Reads one source file: its paths, imports, declarations and functions, without those of tests.

use crate::attributes::{is_test_only, path_attribute, says_pure};
use crate::tokens;
use proc_macro2::{Ident, TokenStream};
use std::collections::HashSet;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, File, ImplItem, Item, ItemMod, ItemUse, Macro, Meta, Path, Signature, UseTree};

/// A module's path in the crate, or within a file: empty for the root.
pub type ModulePath = Vec<String>;

/// A path that the source names.
pub struct Reference {
    /// The module within the file that names it: empty outside `mod name { … }`.
    pub scope: ModulePath,
    pub segments: Vec<String>,
    pub line: usize,
    pub brings: Brings,
}

/// What a path brings into the scope that names it.
pub enum Brings {
    /// Not a `use`.
    Nothing,
    Name(String),
    /// `use …::*`
    Everything,
}

/// `mod name;`
pub struct Declaration {
    pub module: ModulePath,
    pub test_only: bool,
    /// The value of `#[path = "…"]`.
    pub path: Option<String>,
}

pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
}

#[derive(Default)]
pub struct Source {
    pub lines: usize,
    pub says_pure: bool,
    pub references: Vec<Reference>,
    pub declarations: Vec<Declaration>,
    /// Modules that are written within the file.
    pub inline_modules: Vec<ModulePath>,
    /// The items, each with the path of its module in front.
    pub definitions: HashSet<ModulePath>,
    pub functions: Vec<Function>,
    /// Lines with `unsafe` or `allow(unsafe_code)`, in tests too.
    pub unsafe_lines: Vec<usize>,
    /// Where the visitor is.
    scope: ModulePath,
}

impl Source {
    pub fn parse(text: &str) -> syn::Result<Source> {
        let file: File = syn::parse_file(text)?;
        let tokens: TokenStream = text.parse()?;
        let mut source = Source {
            lines: text.lines().count(),
            says_pure: says_pure(&file.attrs),
            unsafe_lines: tokens::unsafe_lines(tokens),
            ..Source::default()
        };
        source.visit_file(&file);
        Ok(source)
    }

    fn add(&mut self, segments: Vec<String>, line: usize, brings: Brings) {
        self.references.push(Reference { scope: self.scope.clone(), segments, line, brings });
    }

    fn add_tokens(&mut self, tokens: TokenStream) {
        for (segments, line) in tokens::paths(tokens) {
            self.add(segments, line, Brings::Nothing);
        }
    }

    fn add_use(&mut self, tree: &UseTree, mut segments: Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                segments.push(name(&path.ident));
                self.add_use(&path.tree, segments);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_use(tree, segments.clone());
                }
            }
            UseTree::Name(used) => {
                let line = line(&used.ident);
                // `use a::b::{self}` is `use a::b`.
                if used.ident != "self" || segments.is_empty() {
                    segments.push(name(&used.ident));
                }
                let last = segments.last().cloned().unwrap_or_default();
                self.add(segments, line, Brings::Name(last));
            }
            UseTree::Rename(used) => {
                if used.ident != "self" || segments.is_empty() {
                    segments.push(name(&used.ident));
                }
                self.add(segments, line(&used.ident), Brings::Name(name(&used.rename)));
            }
            UseTree::Glob(glob) => self.add(segments, glob.star_token.span.start().line, Brings::Everything),
        }
    }

    fn add_function(&mut self, signature: &Signature, block: &Block) {
        let first = signature.fn_token.span.start().line;
        let last = block.brace_token.span.close().end().line;
        self.functions.push(Function { name: name(&signature.ident), line: first, lines: last + 1 - first });
    }

    fn within(&self, name: String) -> ModulePath {
        let mut path = self.scope.clone();
        path.push(name);
        path
    }
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, defined) = attributes_and_name(item);
        // A declaration that only tests have says so of the whole file that it declares.
        let declares = matches!(item, Item::Mod(module) if module.content.is_none());
        if is_test_only(attributes) && !declares {
            return;
        }
        if let Some(defined) = defined {
            let path = self.within(name(defined));
            self.definitions.insert(path);
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let path = self.within(name(&module.ident));
        let Some((_, items)) = &module.content else {
            let (test_only, file) = (is_test_only(&module.attrs), path_attribute(&module.attrs));
            self.declarations.push(Declaration { module: path, test_only, path: file });
            return;
        };
        self.inline_modules.push(path.clone());
        let outer = std::mem::replace(&mut self.scope, path);
        items.iter().for_each(|item| self.visit_item(item));
        self.scope = outer;
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.add_use(&item.tree, Vec::new());
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add_function(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if let ImplItem::Fn(function) = item {
            if is_test_only(&function.attrs) {
                return;
            }
            self.add_function(&function.sig, &function.block);
        }
        visit::visit_impl_item(self, item);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.add_function(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        // A single name is a variable, or was imported by a `use` that is seen on its own.
        if let (Some(first), true) = (path.segments.first(), path.segments.len() > 1) {
            let segments = path.segments.iter().map(|segment| name(&segment.ident)).collect();
            self.add(segments, line(&first.ident), Brings::Nothing);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.add_tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.visit_path(attribute.path());
        if let Meta::List(list) = &attribute.meta {
            self.add_tokens(list.tokens.clone());
        }
    }

    // `pub(in crate::name)` imports nothing.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
}

fn attributes_and_name(item: &Item) -> (&[Attribute], Option<&Ident>) {
    match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Mod(item) => (&item.attrs, None),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Union(item) => (&item.attrs, Some(&item.ident)),
        Item::ForeignMod(item) => (&item.attrs, None),
        Item::Impl(item) => (&item.attrs, None),
        Item::Use(item) => (&item.attrs, None),
        _ => (&[], None),
    }
}

fn name(ident: &Ident) -> String {
    tokens::name(ident)
}

fn line(ident: &Ident) -> usize {
    ident.span().start().line
}

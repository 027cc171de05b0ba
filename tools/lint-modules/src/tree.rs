//! The crate's files as a tree of modules, and what each imports.

use crate::source::{Brings, ModulePath, Reference, Source};
use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::path::{Path, PathBuf};

/// Re-exports that are followed before a path counts as one that leads nowhere.
const MAX_REEXPORTS: usize = 16;

pub struct File {
    /// Within the root of the sources: `pg/mod.rs`.
    pub path: String,
    /// Empty for `lib.rs`.
    pub module: ModulePath,
    pub is_test: bool,
    pub source: Source,
    /// None of tests.
    pub imports: Vec<Import>,
}

impl File {
    /// Returns the name of the top-level module, or None for `lib.rs`.
    pub fn top(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }
}

pub struct Import {
    pub line: usize,
    /// As it is written.
    pub path: String,
    /// The top-level module that the path names; None if it leads out of the crate.
    pub top: Option<String>,
    /// The file that the path leads to, through re-exports.
    pub file: Option<usize>,
}

pub struct Tree {
    pub files: Vec<File>,
    /// Each module's file.
    modules: HashMap<ModulePath, usize>,
    /// What `use` brings into a module: the path to it, and the module that names this path.
    brought: HashMap<ModulePath, (ModulePath, Vec<String>)>,
    /// The same for `use …::*`.
    brought_all: HashMap<ModulePath, Vec<(ModulePath, Vec<String>)>>,
    /// The items, each with the path of its module in front.
    definitions: HashSet<ModulePath>,
}

impl Tree {
    /// Reads every .rs file under `root`.
    pub fn read(root: &Path) -> Result<Tree, Box<dyn Error>> {
        let mut paths = Vec::new();
        list(root, &mut paths)?;
        paths.sort();
        let mut texts = Vec::new();
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let name: Vec<_> = path.strip_prefix(root)?.iter().map(|part| part.to_string_lossy()).collect();
            texts.push((name.join("/"), text));
        }
        Tree::new(texts)
    }

    /// Takes pairs of a file's path within the root, and its text.
    pub fn new(texts: Vec<(String, String)>) -> Result<Tree, Box<dyn Error>> {
        let mut files = Vec::new();
        for (path, text) in texts {
            let source = Source::parse(&text)
                .map_err(|error| format!("{path}:{}: could not parse: {error}", error.span().start().line))?;
            let (module, is_test) = (module_of(&path), is_test_file(&path));
            files.push(File { path, module, is_test, source, imports: Vec::new() });
        }
        apply_declarations(&mut files);
        let mut tree = Tree {
            files,
            modules: HashMap::new(),
            brought: HashMap::new(),
            brought_all: HashMap::new(),
            definitions: HashSet::new(),
        };
        tree.index();
        for file in 0..tree.files.len() {
            let imports = tree.imports_of(file);
            if let Some(file) = tree.files.get_mut(file) {
                file.imports = imports;
            }
        }
        Ok(tree)
    }

    fn index(&mut self) {
        for (number, file) in self.files.iter().enumerate().filter(|(_, file)| !file.is_test) {
            self.modules.insert(file.module.clone(), number);
            for inline in &file.source.inline_modules {
                self.modules.insert(join(&file.module, inline), number);
            }
            self.definitions.extend(file.source.definitions.iter().map(|item| join(&file.module, item)));
            for reference in &file.source.references {
                let scope = join(&file.module, &reference.scope);
                let target = (scope.clone(), reference.segments.clone());
                match &reference.brings {
                    Brings::Nothing => {}
                    Brings::Name(name) => {
                        self.brought.insert(join(&scope, std::slice::from_ref(name)), target);
                    }
                    Brings::Everything => self.brought_all.entry(scope).or_default().push(target),
                }
            }
        }
    }

    fn imports_of(&self, file: usize) -> Vec<Import> {
        match self.files.get(file) {
            Some(file) if !file.is_test => {
                file.source.references.iter().map(|reference| self.resolve(file, reference)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn resolve(&self, file: &File, reference: &Reference) -> Import {
        let scope = join(&file.module, &reference.scope);
        let absolute = self.absolute(&scope, &reference.segments, MAX_REEXPORTS);
        let target = absolute.as_ref().and_then(|path| self.file_of(path, MAX_REEXPORTS));
        // A re-export is an import of the module that has it, and the first name of the path may
        // come from a `use`, which is seen on its own.
        let named = absolute.filter(|_| !self.starts_with_brought(&scope, &reference.segments));
        let top = named.and_then(|path| self.top_of(&path, target));
        Import { line: reference.line, path: reference.segments.join("::"), top, file: target }
    }

    fn top_of(&self, path: &[String], target: Option<usize>) -> Option<String> {
        let first = path.get(..1)?;
        if self.modules.contains_key(first) {
            return first.first().cloned();
        }
        self.files.get(target?)?.top().map(str::to_owned)
    }

    fn starts_with_brought(&self, scope: &[String], segments: &[String]) -> bool {
        segments.first().is_some_and(|first| {
            let inner = join(scope, std::slice::from_ref(first));
            !["crate", "self", "super"].contains(&first.as_str()) && !self.modules.contains_key(&inner)
        })
    }

    /// Returns the path from the crate's root; None if it leads out of the crate.
    fn absolute(&self, scope: &[String], segments: &[String], reexports: usize) -> Option<ModulePath> {
        let (first, mut rest) = segments.split_first()?;
        let mut path = match first.as_str() {
            "crate" => Vec::new(),
            "self" => scope.to_vec(),
            "super" => scope.split_last()?.1.to_vec(),
            _ => {
                let inner = join(scope, std::slice::from_ref(first));
                if self.modules.contains_key(&inner) {
                    inner
                } else {
                    let (scope, segments) = self.brought.get(&inner)?;
                    self.absolute(scope, segments, reexports.checked_sub(1)?)?
                }
            }
        };
        while let [first, others @ ..] = rest
            && first == "super"
        {
            path.pop();
            rest = others;
        }
        path.extend_from_slice(rest);
        Some(path)
    }

    /// Returns the file that has what `path` leads to.
    fn file_of(&self, path: &[String], reexports: usize) -> Option<usize> {
        let mut known = 0;
        while known < path.len() && self.modules.contains_key(path.get(..known + 1)?) {
            known += 1;
        }
        let (module, rest) = path.split_at(known);
        let here = self.modules.get(module).copied();
        let Some((name, rest)) = rest.split_first() else {
            return here;
        };
        let item = join(module, std::slice::from_ref(name));
        if let Some((scope, segments)) = self.brought.get(&item) {
            let target = reexports.checked_sub(1).and_then(|left| {
                let absolute = self.absolute(scope, segments, left)?;
                self.file_of(&join(&absolute, rest), left)
            });
            return target.or(here);
        }
        if self.definitions.contains(&item) {
            return here;
        }
        self.file_of_glob(module, name, rest, reexports).or(here)
    }

    /// The same for a name that the module has, if at all, from a `use …::*`.
    fn file_of_glob(&self, module: &[String], name: &str, rest: &[String], reexports: usize) -> Option<usize> {
        let left = reexports.checked_sub(1)?;
        self.brought_all.get(module)?.iter().find_map(|(scope, segments)| {
            let mut item = self.absolute(scope, segments, left)?;
            item.push(name.to_owned());
            let has = self.modules.contains_key(&item)
                || self.brought.contains_key(&item)
                || self.definitions.contains(&item);
            if has { self.file_of(&join(&item, rest), left) } else { None }
        })
    }
}

fn list(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
    Ok(())
}

fn module_of(path: &str) -> ModulePath {
    let name = path.strip_suffix(".rs").unwrap_or(path);
    let mut module: ModulePath = name.split('/').map(str::to_owned).collect();
    let last = module.last().map(String::as_str);
    if last == Some("mod") || name == "lib" || name == "main" {
        module.pop();
    }
    module
}

fn is_test_file(path: &str) -> bool {
    let in_folder = path.rsplit_once('/').is_some_and(|(folder, _)| folder.split('/').any(|part| part == "tests"));
    let name = path.rsplit('/').next().unwrap_or(path);
    in_folder || name == "tests.rs" || name.ends_with("_tests.rs")
}

/// Applies what `mod` says of other files: that only tests have it, and the path of its file.
fn apply_declarations(files: &mut [File]) {
    let mut moved = HashMap::new();
    let mut test_only = HashSet::new();
    for file in files.iter() {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for declaration in &file.source.declarations {
            let module = join(&file.module, &declaration.module);
            if let Some(path) = &declaration.path {
                moved.insert(format!("{folder}/{path}").trim_start_matches('/').to_owned(), module.clone());
            }
            if declaration.test_only {
                test_only.insert(module);
            }
        }
    }
    for file in files.iter_mut() {
        if let Some(module) = moved.remove(&file.path) {
            file.module = module;
        }
        file.is_test |=
            (1..=file.module.len()).any(|length| test_only.contains(file.module.get(..length).unwrap_or(&[])));
    }
}

fn join(module: &[String], path: &[String]) -> ModulePath {
    [module, path].concat()
}

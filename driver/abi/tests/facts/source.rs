//! The crate's definitions, read out of its sources.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Expr, ImplItem, Item, Lit};

/// A structure of a `layout!` block.
pub struct Struct {
    pub file: String,
    pub name: String,
    pub size: u64,
    pub align: u64,
    /// Offset, name, type as written.
    pub fields: Vec<(u64, String, String)>,
}

/// A named number: a constant, or a member of an enumeration.
pub struct Named {
    pub file: String,
    pub name: String,
    /// None: the value is not written as a number.
    pub value: Option<u64>,
}

/// The definitions that can be compared.
#[derive(Default)]
pub struct Definitions {
    pub structs: Vec<Struct>,
    /// Newtypes: file, name, members.
    pub enums: Vec<(String, String, Vec<Named>)>,
    pub constants: Vec<Named>,
    /// Structures that stand where none may.
    pub loose: Vec<(String, String)>,
}

impl Definitions {
    /// Every name that these sources define, members of enumerations aside.
    pub fn names(&self) -> Vec<String> {
        let structs = self.structs.iter().map(|structure| structure.name.clone());
        let enums = self.enums.iter().map(|(_, name, _)| name.clone());
        let constants = self.constants.iter().map(|constant| constant.name.clone());
        structs.chain(enums).chain(constants).collect()
    }

    pub fn read(&mut self, file: &str, text: &str) {
        let parsed = syn::parse_file(text).expect("the sources compile, so they parse");
        for item in parsed.items {
            match item {
                Item::Macro(item) if item.mac.path.is_ident("layout") => {
                    self.read_layout(file, item.mac.tokens);
                }
                Item::Struct(item) if matches!(item.fields, syn::Fields::Unnamed(_)) => {
                    self.enums.push((file.to_owned(), item.ident.to_string(), Vec::new()));
                }
                Item::Struct(item) => self.loose.push((file.to_owned(), item.ident.to_string())),
                Item::Impl(item) => self.read_members(file, &item),
                Item::Const(item) => self.constants.push(Named {
                    file: file.to_owned(),
                    name: item.ident.to_string(),
                    value: number(&item.expr),
                }),
                _ => {}
            }
        }
    }

    fn read_members(&mut self, file: &str, item: &syn::ItemImpl) {
        let syn::Type::Path(path) = &*item.self_ty else { return };
        let Some(owner) = path.path.get_ident().map(ToString::to_string) else { return };
        for member in &item.items {
            let ImplItem::Const(member) = member else { continue };
            let named = Named {
                file: file.to_owned(),
                name: member.ident.to_string(),
                value: number(&member.expr),
            };
            if let Some((_, _, members)) = self.enums.iter_mut().find(|(_, name, _)| *name == owner)
            {
                members.push(named);
            }
        }
    }

    /// `Name: size, align { offset => field: Type, ... }`, with attributes anywhere.
    fn read_layout(&mut self, file: &str, tokens: TokenStream) {
        let tokens = without_attributes(tokens);
        let mut at = 0;
        while let Some(TokenTree::Ident(name)) = tokens.get(at) {
            let size = literal(&tokens[at + 2]);
            let align = literal(&tokens[at + 4]);
            let TokenTree::Group(body) = &tokens[at + 5] else {
                panic!("{file}: layout! of {name} is not understood")
            };
            assert_eq!(body.delimiter(), Delimiter::Brace);
            self.structs.push(Struct {
                file: file.to_owned(),
                name: name.to_string(),
                size,
                align,
                fields: fields(&without_attributes(body.stream())),
            });
            at += 6;
        }
    }
}

fn without_attributes(tokens: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_attribute = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#')
            && matches!(tokens.peek(), Some(TokenTree::Group(_)));
        if is_attribute {
            tokens.next();
        } else {
            kept.push(token);
        }
    }
    kept
}

/// `offset => name: Type,` repeated; a comma inside angle brackets does not end a field.
fn fields(tokens: &[TokenTree]) -> Vec<(u64, String, String)> {
    let is = |token: &TokenTree, c: char| matches!(token, TokenTree::Punct(p) if p.as_char() == c);
    let mut fields = Vec::new();
    for field in tokens.split(|token| is(token, ',')).filter(|field| !field.is_empty()) {
        // offset = > name : Type...
        let name = field[3].to_string();
        let kind: String = field[5..].iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        fields.push((literal(&field[0]), name, kind));
    }
    fields
}

fn literal(token: &TokenTree) -> u64 {
    token.to_string().parse().expect("a decimal literal")
}

/// The number an expression is: a literal, one inside `Self(..)` or `NAME(..)`, or one with
/// `.cast_signed()` after it. Negative numbers do not occur.
fn number(expression: &Expr) -> Option<u64> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(value) => value.base10_parse().ok(),
            _ => None,
        },
        Expr::Call(call) if call.args.len() == 1 => number(call.args.first()?),
        Expr::MethodCall(call) if call.method == "cast_signed" => number(&call.receiver),
        _ => None,
    }
}

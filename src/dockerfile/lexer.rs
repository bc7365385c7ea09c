//! Words as a shell reads them: quotes, escapes and variables, by the rules of BuildKit's package `shell`.

use super::shell_pattern::ShellPattern;
use super::text::Expanded;

/// How deep `${a:-${b:-…}}` is read.
const DEPTH_MAX: usize = 64;

/// What is known of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Variable {
    Set(Expanded),
    Unset,
    /// It may have any value, or none.
    Unknown,
}

/// Why a text is not a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WordError {
    /// The builder gives up here, too.
    Invalid(String),
    TooDeep,
}

/// What is kept of a text's quotes and escapes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw {
    pub quotes: bool,
    pub escapes: bool,
}

/// Replaces the variables of `word`, and removes its quotes and escapes.
///
/// # Errors
/// The builder gives up on it.
pub(super) fn expand(
    word: &str,
    escape: char,
    lookup: &dyn Fn(&str) -> Variable,
) -> Result<Expanded, WordError> {
    let raw = Raw { quotes: false, escapes: false };
    Lexer::new(word, escape, raw, Some(lookup)).until(None, false, false).map(|(text, _)| text)
}

/// The words of `text`, in which variables are kept.
pub(super) fn words(text: &str, raw: Raw) -> Result<Vec<String>, WordError> {
    Lexer::new(text, '\\', raw, None).until(None, raw.escapes, false).map(|(_, words)| words)
}

struct Lexer<'a> {
    characters: Vec<char>,
    at: usize,
    escape: char,
    raw: Raw,
    /// None keeps variables as they are written.
    lookup: Option<&'a dyn Fn(&str) -> Variable>,
    /// The word that is being read: a `${a:-b}` within it begins anew, as in the builder.
    word: String,
    depth: usize,
}

/// The words that are complete.
#[derive(Default)]
struct Words {
    list: Vec<String>,
    is_within: bool,
}

fn invalid<T>(why: &str) -> Result<T, WordError> {
    Err(WordError::Invalid(why.to_owned()))
}

impl<'a> Lexer<'a> {
    fn new(text: &str, escape: char, raw: Raw, lookup: Option<&'a dyn Fn(&str) -> Variable>) -> Self {
        Lexer {
            characters: text.chars().collect(),
            at: 0,
            escape,
            raw,
            lookup,
            word: String::new(),
            depth: 0,
        }
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek();
        self.at += usize::from(character.is_some());
        character
    }

    fn takes(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    /// The text up to `stop`, which is read as well, or to the end. `is_pattern`: what is quoted is escaped once more.
    fn until(
        &mut self,
        stop: Option<char>,
        raw_escapes: bool,
        is_pattern: bool,
    ) -> Result<(Expanded, Vec<String>), WordError> {
        if self.depth > DEPTH_MAX {
            return Err(WordError::TooDeep);
        }
        self.depth += 1;
        self.word.clear();
        let outer = std::mem::replace(&mut self.raw.escapes, raw_escapes);
        let result = self.text(stop, is_pattern);
        self.raw.escapes = outer;
        self.depth -= 1;
        result
    }

    fn text(&mut self, stop: Option<char>, is_pattern: bool) -> Result<(Expanded, Vec<String>), WordError> {
        let (mut result, mut words) = (Expanded::default(), Words::default());
        while let Some(character) = self.peek() {
            if stop == Some(character) {
                self.at += 1;
                return Ok((result, self.finish(words)));
            }
            match character {
                '$' => {
                    let value = self.variable()?;
                    value.to_string().chars().for_each(|character| self.add(&mut words, character));
                    result.append(value);
                }
                '<' | '\'' | '"' => {
                    let value = match character {
                        '<' => self.heredoc(),
                        '"' => self.double_quoted(is_pattern)?,
                        _ => self.single_quoted(is_pattern)?,
                    };
                    self.word.push_str(&value.to_string());
                    words.is_within = true;
                    result.append(value);
                }
                _ if character == self.escape => {
                    self.at += 1;
                    let escape = self.raw.escapes.then_some(character);
                    for character in escape.into_iter().chain(self.next()) {
                        self.word.push(character);
                        words.is_within = true;
                        result.push(character);
                    }
                }
                _ => {
                    self.at += 1;
                    self.add(&mut words, character);
                    result.push(character);
                }
            }
        }
        match stop {
            Some(stop) => invalid(&format!("a '{stop}' is missing")),
            None => Ok((result, self.finish(words))),
        }
    }

    fn add(&mut self, words: &mut Words, character: char) {
        if !character.is_whitespace() {
            self.word.push(character);
            words.is_within = true;
        } else if words.is_within && !self.word.is_empty() {
            words.list.push(std::mem::take(&mut self.word));
            words.is_within = false;
        }
    }

    fn finish(&mut self, mut words: Words) -> Vec<String> {
        if !self.word.is_empty() {
            words.list.push(std::mem::take(&mut self.word));
        }
        words.list
    }

    /// `<`, or `<<` with the spaces that may be in front of a heredoc's name.
    fn heredoc(&mut self) -> Expanded {
        self.at += 1;
        let mut text = Expanded::known("<");
        if self.takes('<') {
            text.push('<');
            while let Some(space @ ('\t' | '\r' | ' ')) = self.peek() {
                text.push(space);
                self.at += 1;
            }
        }
        text
    }

    fn single_quoted(&mut self, is_pattern: bool) -> Result<Expanded, WordError> {
        let mut text = Expanded::default();
        let quote = self.next().filter(|_| self.raw.quotes);
        quote.into_iter().for_each(|quote| text.push(quote));
        loop {
            match self.next() {
                None => return invalid("a single quote is not closed"),
                Some('\'') => break,
                Some(character) => {
                    if is_pattern && character == self.escape {
                        text.push(character);
                    }
                    text.push(character);
                }
            }
        }
        quote.into_iter().for_each(|quote| text.push(quote));
        Ok(text)
    }

    fn double_quoted(&mut self, is_pattern: bool) -> Result<Expanded, WordError> {
        let mut text = Expanded::default();
        let quote = self.next().filter(|_| self.raw.quotes);
        quote.into_iter().for_each(|quote| text.push(quote));
        loop {
            match self.peek() {
                None => return invalid("a double quote is not closed"),
                Some('"') => break,
                Some('$') => text.append(self.variable()?),
                Some(character) if character == self.escape => {
                    self.at += 1;
                    match self.peek() {
                        None => {}
                        Some(next) if next == '"' || next == '$' || next == self.escape => {
                            if self.raw.escapes {
                                text.push(character);
                            }
                            self.at += 1;
                            text.push(next);
                        }
                        Some(_) => {
                            if self.raw.escapes && (!self.raw.quotes || is_pattern) {
                                text.push(character);
                            }
                            text.push(character);
                        }
                    }
                }
                Some(character) => {
                    self.at += 1;
                    text.push(character);
                }
            }
        }
        self.at += 1;
        quote.into_iter().for_each(|quote| text.push(quote));
        Ok(text)
    }

    fn written(&self, start: usize) -> String {
        self.characters.get(start..self.at).unwrap_or_default().iter().collect()
    }

    fn variable(&mut self) -> Result<Expanded, WordError> {
        let start = self.at;
        self.at += 1;
        if !self.takes('{') {
            let name = self.name();
            return Ok(match self.lookup {
                _ if name.is_empty() => Expanded::known("$"),
                Some(lookup) => match lookup(&name) {
                    Variable::Set(value) => value,
                    Variable::Unset => Expanded::default(),
                    Variable::Unknown => Expanded::unknown(format!("${name}")),
                },
                None => Expanded::known(format!("${name}")),
            });
        }
        if let None | Some('{' | '}' | ':') = self.peek() {
            return invalid("the name of a variable is missing");
        }
        let name = self.name();
        let value = self.lookup.map(|lookup| lookup(&name));
        let Some(operator) = self.next() else { return invalid("a '}' is missing") };
        match operator {
            '}' => Ok(match value {
                Some(Variable::Set(value)) => value,
                Some(Variable::Unset) => Expanded::default(),
                Some(Variable::Unknown) => Expanded::unknown(self.written(start)),
                None => Expanded::known(format!("${{{name}}}")),
            }),
            '/' => self.replaced(&name, value, start),
            ':' | '+' | '-' | '?' | '#' | '%' => self.modified(operator, &name, value, start),
            _ => invalid(&format!("'{operator}' is not supported in a variable")),
        }
    }

    /// `${name:-word}` and the like, behind the operator.
    fn modified(
        &mut self,
        operator: char,
        name: &str,
        value: Option<Variable>,
        start: usize,
    ) -> Result<Expanded, WordError> {
        let empty_is_unset = operator == ':';
        let kind = if empty_is_unset { self.next().unwrap_or('}') } else { operator };
        let trims = matches!(kind, '#' | '%');
        if empty_is_unset && !matches!(kind, '-' | '+' | '?') {
            return invalid(&format!("':{kind}' is not supported in a variable"));
        }
        let (word, _) = self.until(Some('}'), trims, trims)?;
        let Some(value) = value else {
            let colon = if empty_is_unset { ":" } else { "" };
            return Ok(Expanded::known(format!("${{{name}{colon}{kind}{word}}}")));
        };
        if trims {
            let (Some(word), Some(value)) = (word.text(), text_of(&value)) else {
                return Ok(Expanded::unknown(self.written(start)));
            };
            let (word, is_longest) = word.strip_prefix(kind).map_or((word, false), |word| (word, true));
            let pattern = ShellPattern::parse(word).map_err(WordError::Invalid)?;
            let is_prefix = kind == '#';
            return Ok(pattern
                .trimmed(value, is_prefix, is_longest)
                .map_or_else(|| Expanded::unknown(self.written(start)), Expanded::known));
        }
        let is_set = match &value {
            Variable::Unset => Some(false),
            Variable::Unknown => None,
            Variable::Set(value) if empty_is_unset => value.is_empty().map(|is_empty| !is_empty),
            Variable::Set(_) => Some(true),
        };
        Ok(match (kind, is_set, value) {
            ('-', Some(false), _) | ('+', Some(true), _) => word,
            ('+', Some(false), _) => Expanded::default(),
            ('?', Some(false), _) => return invalid(&format!("'{name}' must have a value")),
            ('-' | '?', Some(true), Variable::Set(value)) => value,
            _ => Expanded::unknown(self.written(start)),
        })
    }

    /// `${name/pattern/text}` and `${name//pattern/text}`, behind the first slash.
    fn replaced(&mut self, name: &str, value: Option<Variable>, start: usize) -> Result<Expanded, WordError> {
        let is_all = self.takes('/');
        let (pattern, _) = self.until(Some('/'), true, true)?;
        let (text, _) = self.until(Some('}'), true, false)?;
        let Some(value) = value else {
            return Ok(Expanded::known(format!("${{{name}/{pattern}/{text}}}")));
        };
        let (Some(pattern), Some(text), Some(value)) = (pattern.text(), text.text(), text_of(&value)) else {
            return Ok(Expanded::unknown(self.written(start)));
        };
        let pattern = ShellPattern::parse(pattern).map_err(WordError::Invalid)?;
        Ok(pattern
            .replaced(value, text, is_all)
            .map_or_else(|| Expanded::unknown(self.written(start)), Expanded::known))
    }

    fn name(&mut self) -> String {
        let start = self.at;
        match self.peek() {
            Some(digit) if digit.is_numeric() => {
                while self.peek().is_some_and(char::is_numeric) {
                    self.at += 1;
                }
            }
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => self.at += 1,
            _ => {
                while self.peek().is_some_and(|character| character.is_alphanumeric() || character == '_') {
                    self.at += 1;
                }
            }
        }
        self.written(start)
    }
}

/// The value, where all of it is known: none is empty.
fn text_of(variable: &Variable) -> Option<&str> {
    match variable {
        Variable::Set(value) => value.text(),
        Variable::Unset => Some(""),
        Variable::Unknown => None,
    }
}

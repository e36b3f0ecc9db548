//! The published form of a response mapping: one JSONata object over `{"response": record}`.

use jsonata_core::ast::{AstNode, PathStep};

use crate::expression::ExpressionProblem;
use crate::interpret::Interpreted;

/// The expression with the record itself as input, where it was under a name: `response.a` becomes `a`, and
/// `response` alone `$`. Only places where a name is looked up in the input are looked at: inside filters and
/// parentheses after a dot, names belong to other values.
pub(super) fn without(node: &AstNode, root: &str) -> AstNode {
    let boxed = |node: &AstNode| Box::new(without(node, root));
    let all = |nodes: &[AstNode]| nodes.iter().map(|node| without(node, root)).collect();
    match node {
        AstNode::Name(name) if name == root => AstNode::Variable(String::new()),
        AstNode::Path { steps } => path(steps, root),
        AstNode::Binary { op, lhs, rhs } => AstNode::Binary {
            op: *op,
            lhs: boxed(lhs),
            rhs: boxed(rhs),
        },
        AstNode::Unary { op, operand } => AstNode::Unary {
            op: *op,
            operand: boxed(operand),
        },
        AstNode::Function {
            name,
            args,
            is_builtin,
        } => AstNode::Function {
            name: name.clone(),
            args: all(args),
            is_builtin: *is_builtin,
        },
        AstNode::Array(items) => AstNode::Array(all(items)),
        AstNode::Block(items) => AstNode::Block(all(items)),
        AstNode::Object(pairs) => AstNode::Object(
            pairs
                .iter()
                .map(|(name, value)| (without(name, root), without(value, root)))
                .collect(),
        ),
        AstNode::Conditional {
            condition,
            then_branch,
            else_branch,
        } => AstNode::Conditional {
            condition: boxed(condition),
            then_branch: boxed(then_branch),
            else_branch: else_branch.as_deref().map(boxed),
        },
        AstNode::ObjectTransform { input, pattern } => AstNode::ObjectTransform {
            input: boxed(input),
            pattern: pattern.clone(),
        },
        AstNode::Sort { input, terms } => AstNode::Sort {
            input: boxed(input),
            terms: terms.clone(),
        },
        other => other.clone(),
    }
}

fn path(steps: &[PathStep], root: &str) -> AstNode {
    let mut steps = steps.to_vec();
    let rooted = match steps.as_slice() {
        [first, ..] => matches!(&first.node, AstNode::Name(name) if name == root) && first.stages.is_empty(),
        [] => false,
    };
    if rooted {
        steps.remove(0);
        match steps.as_slice() {
            [] => return AstNode::Variable(String::new()),
            [next, ..] if matches!(next.node, AstNode::Name(_)) => {}
            // What is no name is about each element of the value before it.
            _ => steps.insert(0, PathStep::new(AstNode::Variable(String::new()))),
        }
    } else if let Some(first) = steps.first_mut() {
        let node = without(&first.node, root);
        *first = PathStep::with_stages(node, std::mem::take(&mut first.stages));
    }
    AstNode::Path { steps }
}

/// Takes `{"a": x, "b": y}` apart into names and expressions, each with the byte at which it begins.
pub fn split_object(source: &str) -> Result<Vec<(String, String, usize)>, ExpressionProblem> {
    let parsed = Interpreted::parse(source)?;
    let no = |message: &str| ExpressionProblem {
        message: message.to_owned(),
        offset: Some(0),
    };
    let AstNode::Object(pairs) = parsed.ast() else {
        return Err(no(
            "a mapping in one text is a JSONata object: `{ \"field\": expression, … }`",
        ));
    };
    let open = source.find('{').map_or(0, |at| at + 1);
    let close = source.rfind('}').unwrap_or(source.len());
    let mut found = Vec::new();
    let (mut from, mut pieces) = (open, Vec::new());
    for end in separators(source, open, close, ',').into_iter().chain([close]) {
        pieces.push((from, end));
        from = end + 1;
    }
    for ((from, end), (name, value)) in pieces.iter().zip(pairs) {
        let colon = separators(source, *from, *end, ':').first().copied();
        let (AstNode::String(name), Some(colon)) = (name, colon) else {
            return Err(no("the names of a mapping have to be texts written out"));
        };
        let expression = &source[colon + 1..*end];
        let begins = colon + 1 + (expression.len() - expression.trim_start().len());
        // The pieces were cut by their look; whether they are what the whole meant is held against the parser.
        if !Interpreted::parse(expression.trim()).is_ok_and(|piece| piece.ast() == value) {
            return Err(no(
                "this mapping in one text can not be taken apart; write it as a JSON object of fields",
            ));
        }
        found.push((name.clone(), expression.trim().to_owned(), begins));
    }
    if found.len() != pairs.len() || pieces.len() != pairs.len() {
        return Err(no(
            "this mapping in one text can not be taken apart; write it as a JSON object of fields",
        ));
    }
    Ok(found)
}

/// Where a sign stands outside quotes and brackets.
fn separators(source: &str, from: usize, to: usize, sign: char) -> Vec<usize> {
    let (mut found, mut depth, mut quote, mut escaped) = (Vec::new(), 0_i32, None, false);
    for (at, c) in source[from..to].char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None => match c {
                '"' | '\'' | '`' => quote = Some(c),
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth -= 1,
                _ if c == sign && depth == 0 => found.push(from + at),
                _ => {}
            },
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_record_takes_the_place_of_its_name() {
        for (rooted, plain) in [
            ("response.a.b", "a.b"),
            ("response.a", "a"),
            ("response.a & ' ' & response.b", "a & ' ' & b"),
            (
                "$string(response.tags[kind = 'response'].name)",
                "$string(tags[kind = 'response'].name)",
            ),
            ("response.tags.(response)", "tags.(response)"),
            ("response", "$"),
        ] {
            let (rooted_ast, plain_ast) = (
                Interpreted::parse(rooted).unwrap(),
                Interpreted::parse(plain).unwrap(),
            );
            assert_eq!(
                &without(rooted_ast.ast(), "response"),
                plain_ast.ast(),
                "{rooted}"
            );
        }
    }

    #[test]
    fn an_object_is_taken_apart() {
        let source = r#"{ "a": response.x ? "," : ":", 'b': $join([y, z], ", ") }"#;
        let pairs = split_object(source).unwrap();
        assert_eq!(pairs.len(), 2);
        assert_eq!(pairs[1].1, r#"$join([y, z], ", ")"#);
        assert_eq!(&source[pairs[0].2..pairs[0].2 + 8], "response");
        assert!(split_object("a.b").is_err());
        assert!(split_object("{ $x: 1 }").is_err());
    }
}

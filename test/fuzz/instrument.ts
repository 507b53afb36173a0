/**
 * Makes our own code say where it has been: `REACH(n)` at the head of every function, branch, loop and case.
 * V8 counts as well, but takes a tenth of a second to say what it has counted; this costs a call.
 */
import ts from 'typescript';

/** Numbers places from `first` on; returns the code, still TypeScript, and the next free number. */
export function instrumented(file: string, code: string, first: number): { code: string; next: number } {
  let next = first;
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.ES2023, true);
  const transformer: ts.TransformerFactory<ts.SourceFile> = (context) => {
    const make = context.factory;
    const call = () =>
      make.createCallExpression(make.createIdentifier('REACH'), undefined, [
        make.createNumericLiteral(next++),
      ]);
    const statement = () => make.createExpressionStatement(call());
    const marked = (expression: ts.Expression) =>
      make.createParenthesizedExpression(
        make.createComma(call(), make.createParenthesizedExpression(expression)),
      );
    const block = (body: ts.Statement) =>
      make.createBlock([statement(), ...(ts.isBlock(body) ? body.statements : [body])], true);

    const visit = (node: ts.Node): ts.Node => {
      const seen = ts.visitEachChild(node, visit, context);
      if (ts.isIfStatement(seen)) {
        const otherwise = seen.elseStatement === undefined ? make.createBlock([]) : seen.elseStatement;
        return make.updateIfStatement(seen, seen.expression, block(seen.thenStatement), block(otherwise));
      }
      if (ts.isConditionalExpression(seen)) {
        const { condition, questionToken, whenTrue, colonToken, whenFalse } = seen;
        return make.updateConditionalExpression(
          ...([seen, condition, questionToken, marked(whenTrue), colonToken, marked(whenFalse)] as const),
        );
      }
      if (ts.isBinaryExpression(seen) && LAZY.has(seen.operatorToken.kind)) {
        return make.updateBinaryExpression(seen, seen.left, seen.operatorToken, marked(seen.right));
      }
      if (ts.isArrowFunction(seen) && !ts.isBlock(seen.body)) {
        const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken, body } = seen;
        return make.updateArrowFunction(
          ...([seen, modifiers, typeParameters, parameters, type, equalsGreaterThanToken] as const),
          marked(body),
        );
      }
      if (ts.isCaseClause(seen))
        return make.updateCaseClause(seen, seen.expression, [statement(), ...seen.statements]);
      if (ts.isDefaultClause(seen)) return make.updateDefaultClause(seen, [statement(), ...seen.statements]);
      // A constructor may have to call that of its parent first.
      const owner = node.parent;
      const isBody = owner !== undefined && 'body' in owner && owner.body === node;
      const isLoop = owner !== undefined && ts.isIterationStatement(owner, false);
      const isCatch = owner !== undefined && ts.isCatchClause(owner);
      if (ts.isBlock(seen) && !(owner && ts.isConstructorDeclaration(owner)) && (isBody || isLoop || isCatch))
        return make.updateBlock(seen, [statement(), ...seen.statements]);
      return seen;
    };
    return (root) => ts.visitEachChild(root, visit, context);
  };
  const result = ts.transform(source, [transformer]);
  const [changed] = result.transformed;
  const printed = changed === undefined ? code : ts.createPrinter().printFile(changed);
  result.dispose();
  return { code: printed, next };
}

const LAZY: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);

/** Ways to write names, as github.com/iancoleman/strcase does it: letters of ASCII only. */

const isCapital = (char: string | undefined): boolean => char !== undefined && char >= 'A' && char <= 'Z';
const isSmall = (char: string | undefined): boolean => char !== undefined && char >= 'a' && char <= 'z';
const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9';
const isGap = (char: string): boolean => char === '_' || char === ' ' || char === '-' || char === '.';

export function toCamel(text: string): string {
  const name = text.trim();
  let result = '';
  let capitalNext = true;
  let wasCapital = false;
  for (const char of name === 'ID' ? 'id' : name) {
    const capital = isCapital(char);
    const isLetter = capital || isSmall(char);
    if (isLetter) {
      if (capitalNext) result += char.toUpperCase();
      else result += wasCapital && capital ? char.toLowerCase() : char;
      capitalNext = false;
    } else if (isDigit(char)) {
      result += char;
      capitalNext = true;
    } else capitalNext = isGap(char);
    wasCapital = capital;
  }
  return result;
}

export function toSnake(text: string): string {
  const name = text.trim();
  let result = '';
  for (let i = 0; i < name.length; i++) {
    const char = name[i]!;
    const next = name[i + 1];
    // A capital counts as the small letter that it becomes.
    const small = isSmall(char) || isCapital(char) ? char.toLowerCase() : char;
    const turns =
      (isCapital(char) && (isSmall(next) || isDigit(next))) ||
      (isSmall(char) && (isCapital(next) || isDigit(next))) ||
      (isDigit(char) && (isCapital(next) || isSmall(next)));
    if (turns) {
      if (isCapital(char) && isSmall(next) && isCapital(name[i - 1])) result += '_';
      result += small;
      if (isSmall(char) || isDigit(char) || isDigit(next)) result += '_';
    } else result += isGap(char) ? '_' : small;
  }
  return result;
}

/** Letter by letter, as Go does it: ß has no capital, and what becomes several letters becomes the first of them. */
export function toLower(text: string): string {
  return Array.from(text, (char) => Array.from(char.toLowerCase())[0]!).join('');
}

export function toUpper(text: string): string {
  return Array.from(text, (char) => {
    const capital = char.toUpperCase();
    return Array.from(capital).length === 1 ? capital : char;
  }).join('');
}

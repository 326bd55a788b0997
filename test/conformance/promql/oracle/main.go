// Prints what the parser of a real Prometheus says to each expression, as JSON lines. The expressions come on standard input, a JSON string
// a line: those of parser-inputs.ts. See README.md beside.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/prometheus/prometheus/promql/parser"
)

func main() {
	p := parser.NewParser(parser.Options{EnableExperimentalFunctions: true, EnableBinopFillModifiers: true})
	q := parser.NewParser(parser.Options{})
	sc := bufio.NewScanner(os.Stdin)
	sc.Buffer(make([]byte, 1<<20), 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for sc.Scan() {
		var in string
		if json.Unmarshal(sc.Bytes(), &in) != nil {
			continue
		}
		ans := map[string]any{"input": in}
		e, err := p.ParseExpr(in)
		if err != nil {
			ans["error"] = err.Error()
		} else {
			ans["text"] = e.String()
			ans["pretty"] = parser.Prettify(e)
			ans["type"] = string(e.Type())
			if _, err := q.ParseExpr(in); err != nil {
				ans["withoutFlags"] = err.Error()
			}
		}
		b, _ := json.Marshal(ans)
		fmt.Fprintln(out, string(b))
	}
}

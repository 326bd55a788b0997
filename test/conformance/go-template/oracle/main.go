// Runs templates through Go's own text/template and prints what comes out of each.
//
//	go run . < ../cases.json > ../answers.json
//
// The data are those of ../data.ts.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/template"
)

type testCase struct {
	Text       string `json:"text"`
	MissingKey string `json:"missingKey,omitempty"`
}

type answer struct {
	Text   string `json:"text"`
	Result string `json:"result,omitempty"`
	Error  string `json:"error,omitempty"`
}

type item struct {
	Name string
	N    int
}

type span struct{ seconds int }

func (s span) String() string { return fmt.Sprintf("%ds", s.seconds) }

type person struct{ Name string }

func (p person) Greet(word string) string { return word + ", " + p.Name }
func (p person) Upper() string            { return strings.ToUpper(p.Name) }

type alerts []item

func (a alerts) Big() []item {
	var big []item
	for _, one := range a {
		if one.N > 1 {
			big = append(big, one)
		}
	}
	return big
}

type data struct {
	Labels  map[string]string
	Value   float64
	Count   int
	Names   []string
	Any     map[string]any
	Items   []item
	Alerts  alerts
	Flag    bool
	Empty   string
	Text    string
	Span    span
	Person  person
	Numbers []int
	Floats  []float64
	Big     float64
	Func    func(string) string
}

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	input := data{
		Labels:  map[string]string{"instance": "web-1:9090", "job": "api", "é": "ü"},
		Value:   1234567.891,
		Count:   3,
		Names:   []string{"b", "a", "c"},
		Any:     map[string]any{"s": "x", "n": 5, "f": 1.5, "nil": nil, "list": []any{1, "two", 3.5}},
		Items:   []item{{"one", 1}, {"two", 2}},
		Alerts:  alerts{{"one", 1}, {"two", 2}},
		Flag:    true,
		Text:    "<a href=\"x\">Tom's & Ünïcode\n</a>",
		Span:    span{90},
		Person:  person{"Ann"},
		Numbers: []int{1, 20, 300},
		Floats:  []float64{0.5, 1e21, 100},
		Big:     1e6,
		Func:    func(s string) string { return "<" + s + ">" },
	}
	functions := template.FuncMap{
		"upper":  strings.ToUpper,
		"double": func(f float64) float64 { return 2 * f },
		"add":    func(a, b int) int { return a + b },
		"join":   func(sep string, s []string) string { return strings.Join(s, sep) },
		"fail":   func() (string, error) { return "", fmt.Errorf("it failed") },
		"args": func(args ...any) map[string]any {
			result := make(map[string]any)
			for i, a := range args {
				result[fmt.Sprintf("arg%d", i)] = a
			}
			return result
		},
	}
	var answers []answer
	for _, c := range cases {
		key := c.MissingKey
		if key == "" {
			key = "zero"
		}
		one := answer{Text: c.Text}
		parsed, err := template.New("t").Funcs(functions).Option("missingkey=" + key).Parse(c.Text)
		var out strings.Builder
		if err == nil {
			err = parsed.Execute(&out, input)
		}
		if err != nil {
			one.Error = err.Error()
		} else {
			one.Result = out.String()
		}
		answers = append(answers, one)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(answers); err != nil {
		panic(err)
	}
}

// Prints what a real Prometheus makes of rule templates and rule files, and when it evaluates groups: answers to cases.json.
//
//	go mod tidy && go run . < ../cases.json > ../answers.json
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/template"
)

type group struct {
	File       string `json:"file"`
	Name       string `json:"name"`
	IntervalMs int64  `json:"intervalMs"`
	NowMs      int64  `json:"nowMs"`
}

type cases struct {
	Templates []string `json:"templates"`
	Files     []string `json:"files"`
	Groups    []group  `json:"groups"`
}

type answers struct {
	Templates []string   `json:"templates"`
	Files     [][]string `json:"files"`
	Groups    []string   `json:"groups"`
}

func query(_ context.Context, q string, _ time.Time) (promql.Vector, error) {
	switch q {
	case "up":
		return promql.Vector{
			{Metric: labels.FromStrings("__name__", "up", "instance", "b:1", "__value__", "sv"), F: 1},
			{Metric: labels.FromStrings("__name__", "up", "instance", "a:1"), F: 0.5},
		}, nil
	case "none":
		return promql.Vector{}, nil
	}
	return nil, fmt.Errorf("no such query: %s", q)
}

func main() {
	var in cases
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	var out answers
	external, _ := url.Parse("http://prom.example.com:9090/prefix")
	data := template.AlertTemplateData(
		map[string]string{"instance": "web-1.example.com:9090", "job": "api"},
		map[string]string{"region": "eu"}, external.String(), promql.Sample{F: 1234.5678})
	defs := "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
	for _, text := range in.Templates {
		result, err := template.NewTemplateExpander(context.Background(), defs+text, "__alert_X", data,
			model.Time(1700000000123), query, external, nil).Expand()
		if err != nil {
			result = fmt.Sprintf("<error expanding template: %s>", err)
		}
		out.Templates = append(out.Templates, result)
	}
	p := parser.NewParser(parser.Options{EnableExperimentalFunctions: true, EnableBinopFillModifiers: true})
	for _, text := range in.Files {
		found := []string{}
		_, errs := rulefmt.Parse([]byte(text), false, model.UTF8Validation, p, promslog.NewNopLogger())
		for _, err := range errs {
			found = append(found, err.Error())
		}
		out.Files = append(out.Files, found)
	}
	for _, g := range in.Groups {
		one := rules.NewGroup(rules.GroupOptions{Name: g.Name, File: g.File, Interval: time.Duration(g.IntervalMs) * time.Millisecond})
		out.Groups = append(out.Groups, fmt.Sprint(one.EvalTimestamp(g.NowMs*1e6).UnixNano()))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}

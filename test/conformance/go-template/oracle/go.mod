module signalbox/go-template-oracle

go 1.24

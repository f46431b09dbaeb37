// The program that the benchmark deploys: large, as programs are that import a good deal of the standard library. Between two builds
// one line of answer changes.
package main

import (
	"archive/zip"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"encoding/xml"
	"expvar"
	"fmt"
	"html/template"
	"image/jpeg"
	"image/png"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httputil"
	"net/http/pprof"
	"net/rpc"
	"net/smtp"
	"os"
	"regexp"
	"text/tabwriter"
)

var page = template.Must(template.New("page").Parse(`<title>{{.}}</title>`))

// used keeps the linker from leaving out what a larger program would call.
var used = []any{
	zip.NewReader, x509.SystemCertPool, sql.Open, json.Marshal, xml.Marshal, expvar.Handler,
	jpeg.Decode, png.Decode, slog.NewJSONHandler, multipart.NewReader, &httputil.ReverseProxy{},
	pprof.Index, rpc.NewServer(), smtp.SendMail, regexp.MustCompile, tabwriter.NewWriter,
}

func answer(w http.ResponseWriter, request *http.Request) {
	_ = page.Execute(w, request.URL.Path)
}

func main() {
	http.HandleFunc("/", answer)
	fmt.Fprintln(os.Stderr, len(used), http.ListenAndServe("127.0.0.1:0", nil))
}

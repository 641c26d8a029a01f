// The report's page: draws the figures, sorts and filters the run tables. Figures come as data in
// #figures; what needs code is named there by "assay" keys and supplied here.
"use strict";
(() => {
  const problems = document.getElementById("problems");
  const report = (text) => {
    const line = document.createElement("p");
    line.textContent = text;
    problems.append(line);
  };
  window.addEventListener("error", (event) => report(event.message));
  const consoleError = console.error;
  console.error = (...parts) => {
    report(parts.join(" "));
    consoleError(...parts);
  };

  const digits = (x) => {
    if (typeof x !== "number" || !isFinite(x)) return x === null || x === undefined ? "–" : String(x);
    const size = Math.abs(x);
    if (x !== 0 && (size < 1e-4 || size >= 1e7)) return x.toExponential(2);
    return String(+x.toPrecision(4));
  };

  const bounds = (params) => {
    const r = params.coordSys;
    return { top: r.y, bottom: r.y + r.height, left: r.x, right: r.x + r.width };
  };
  const rect = (x, y, width, height, style) => ({ type: "rect", shape: { x, y, width, height }, style });
  const line = (x1, y1, x2, y2, style) => ({ type: "line", shape: { x1, y1, x2, y2 }, style });
  const clampY = (y, area) => (isFinite(y) ? Math.min(Math.max(y, area.top), area.bottom) : area.bottom);

  // Where item `index` of `of` stands within its category: offset from the middle, and its width.
  const slot = (api, index, of) => {
    const width = (0.7 * api.size([1, 0])[0]) / of;
    return { offset: (index + 0.5 - of / 2) * width, width };
  };

  const whisker = (x, low, high, reach, stroke) => {
    const style = { stroke, lineWidth: 1.5 };
    return [line(x, low, x, high, style), line(x - reach, low, x + reach, low, style),
            line(x - reach, high, x + reach, high, style)];
  };

  const renderers = {
    // [x, low, high]: a polygon through all items, drawn with the first.
    band: (series) => (params, api) => {
      if (params.dataIndexInside !== 0) return null;
      const points = series.data;
      const upper = points.map((p) => api.coord([p[0], p[2]]));
      const lower = points.map((p) => api.coord([p[0], p[1]])).reverse();
      return { type: "polygon", shape: { points: upper.concat(lower) }, style: { fill: series.color, opacity: 0.18 } };
    },
    whisker: (series) => (params, api) => {
      const [x, low] = api.coord([api.value(0), api.value(1)]);
      const high = api.coord([api.value(0), api.value(2)])[1];
      return { type: "group", children: whisker(x, low, high, 4, series.color) };
    },
    // [category, value, low, high]
    bar: (series, assay) => (params, api) => {
      if (!isFinite(api.value(1))) return null;
      const area = bounds(params), { offset, width } = slot(api, assay.index, assay.of);
      const [middle, top] = api.coord([api.value(0), api.value(1)]);
      const zero = clampY(api.coord([api.value(0), 0])[1], area), x = middle + offset;
      const children = [rect(x - width * 0.46, Math.min(top, zero), width * 0.92, Math.abs(zero - top), { fill: series.color })];
      if (isFinite(api.value(2)) && isFinite(api.value(3))) {
        const low = clampY(api.coord([api.value(0), api.value(2)])[1], area);
        const high = clampY(api.coord([api.value(0), api.value(3)])[1], area);
        children.push(...whisker(x, low, high, Math.min(6, width * 0.3), "#222"));
      }
      return { type: "group", children };
    },
    // [from, to, weight]
    bin: (series) => (params, api) => {
      const area = bounds(params);
      const [left, top] = api.coord([api.value(0), api.value(2)]);
      const right = api.coord([api.value(1), api.value(2)])[0];
      const zero = clampY(api.coord([api.value(0), 0])[1], area);
      const height = zero - clampY(top, area);
      if (!(api.value(2) > 0)) return null;
      return rect(left, zero - height, Math.max(1, right - left), height,
        { fill: series.color, opacity: 0.55, stroke: series.color, lineWidth: 1 });
    },
    // [category, low, q1, median, q3, high, n]
    box: (series, assay) => (params, api) => {
      const { offset, width } = slot(api, assay.index, assay.of);
      const y = (i) => api.coord([api.value(0), api.value(i)])[1];
      const x = api.coord([api.value(0), 0])[0] + offset, half = Math.min(width * 0.4, 46);
      const colour = assay.each ? assay.palette[params.dataIndex % assay.palette.length] : series.color;
      const stroke = { stroke: colour, lineWidth: 1.6 };
      return { type: "group", children: [
        line(x, y(1), x, y(2), stroke), line(x, y(4), x, y(5), stroke),
        line(x - half / 2, y(1), x + half / 2, y(1), stroke), line(x - half / 2, y(5), x + half / 2, y(5), stroke),
        rect(x - half, y(4), 2 * half, y(2) - y(4), { ...stroke, fill: colour, fillOpacity: 0.22 }),
        line(x - half, y(3), x + half, y(3), { stroke: colour, lineWidth: 3 })] };
    },
  };

  const palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444", "#b8a300"];
  const font = getComputedStyle(document.body).fontFamily;

  function supply(option) {
    option.textStyle.fontFamily = font;
    option.tooltip.valueFormatter = digits;
    let points = 0;
    for (const series of option.series) {
      points += series.data.length;
      if (series.type === "custom") {
        const assay = { ...series.assay, palette };
        series.renderItem = renderers[assay.renderer](series, assay);
      }
      if (series.type === "heatmap" && series.assay.labels)
        series.label = { show: true, fontSize: 11, formatter: (item) => digits(item.value[3]) };
      delete series.assay;
    }
    for (const axis of [option.xAxis, option.yAxis])
      if (axis.type === "value") axis.axisLabel.formatter = digits;
    if (option.visualMap)
      option.visualMap.formatter = option.assay.log_colour ? (v) => digits(10 ** v) : digits;
    delete option.assay;
    return points;
  }

  const charts = [];
  function draw() {
    const source = document.getElementById("figures");
    if (!source || typeof echarts === "undefined") return;
    const figures = JSON.parse(source.textContent);
    for (const element of document.querySelectorAll(".chart")) {
      try {
        const option = figures[+element.dataset.figure].options[+element.dataset.panel];
        const points = supply(option);
        const chart = echarts.init(element, null, { renderer: points < 4000 ? "svg" : "canvas" });
        chart.setOption(option);
        charts.push(chart);
      } catch (problem) {
        report(figures[+element.dataset.figure].name + ": " + problem.message);
      }
    }
    const resize = () => charts.forEach((chart) => chart.resize());
    window.addEventListener("resize", resize);
    window.addEventListener("beforeprint", resize);
  }

  function sort(table, column) {
    const head = table.tHead.rows[0].cells[column];
    const up = head.dataset.order !== "up";
    for (const cell of table.tHead.rows[0].cells) delete cell.dataset.order;
    head.dataset.order = up ? "up" : "down";
    const key = (row) => {
      const text = row.cells[column].textContent.trim(), number = Number(text);
      return text === "–" ? [2, 0, ""] : isNaN(number) ? [1, 0, text] : [0, number, ""];
    };
    const rows = [...table.tBodies[0].rows].map((row) => [key(row), row]);
    rows.sort(([a], [b]) => a[0] - b[0] || (up ? 1 : -1) * (a[1] - b[1] || a[2].localeCompare(b[2])));
    table.tBodies[0].append(...rows.map(([, row]) => row));
  }

  for (const table of document.querySelectorAll("table.runs"))
    table.tHead.addEventListener("click", (event) => {
      if (event.target.cellIndex !== undefined) sort(table, event.target.cellIndex);
    });
  const filter = document.getElementById("filter");
  if (filter)
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of document.querySelectorAll("table.runs tbody tr, details.run")) {
        const head = row.matches("details") ? row.querySelector("summary") : row;
        const text = head.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      }
    });
  const openTarget = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("details")) target.open = true;
  };
  window.addEventListener("hashchange", openTarget);
  openTarget();
  draw();
  document.documentElement.dataset.drawn = charts.length;
})();

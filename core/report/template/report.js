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
    if (x !== 0 && (size < 1e-4 || size >= 1e7)) return x.toExponential(2).replace(/\.?0+e/, "e");
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
    const width = Math.min((0.7 * api.size([1, 0])[0]) / of, 110);
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
    // [category, value]
    outlier: (series, assay) => (params, api) => {
      const [x, cy] = api.coord([api.value(0), api.value(1)]);
      return { type: "circle", shape: { cx: x + slot(api, assay.index, assay.of).offset, cy, r: 3 },
               style: { fill: "#fff", stroke: series.color, lineWidth: 1.3 } };
    },
    // [category, low, q1, median, q3, high, n]
    box: (series, assay) => (params, api) => {
      const { offset, width } = slot(api, assay.index, assay.of);
      const y = (i) => api.coord([api.value(0), api.value(i)])[1];
      const x = api.coord([api.value(0), 0])[0] + offset, half = Math.min(width * 0.4, 46);
      const colour = series.color;
      const stroke = { stroke: colour, lineWidth: 1.6 };
      return { type: "group", children: [
        line(x, y(1), x, y(2), stroke), line(x, y(4), x, y(5), stroke),
        line(x - half / 2, y(1), x + half / 2, y(1), stroke), line(x - half / 2, y(5), x + half / 2, y(5), stroke),
        rect(x - half, y(4), 2 * half, y(2) - y(4), { ...stroke, fill: colour, fillOpacity: 0.22 }),
        line(x - half, y(3), x + half, y(3), { stroke: colour, lineWidth: 3 })] };
    },
  };

  const font = getComputedStyle(document.body).fontFamily;

  function supply(option) {
    option.textStyle.fontFamily = font;
    option.tooltip.valueFormatter = digits;
    let points = 0;
    for (const series of option.series) {
      points += series.data.length;
      if (series.type === "custom") series.renderItem = renderers[series.assay.renderer](series, series.assay);
      delete series.assay;
    }
    for (const axis of [...option.xAxis, ...option.yAxis])
      if (axis.type !== "category") axis.axisLabel.formatter = digits;
    return points;
  }

  const clamp = (x, low, high) => Math.max(low, Math.min(high, x));
  const title = (text, x, y, rotation = 0, size = 13, align = "center") => ({
    type: "text", x, y, rotation, silent: true,
    style: { text, fill: "#333", font: size + "px " + font, textAlign: align, textVerticalAlign: "middle" } });

  // Height of the legend's lines when it is `width` wide.
  function legendHeight(names, width) {
    let lines = 1, used = 0;
    for (const name of names) {
      const wide = 34 + 7 * name.length;
      if (used > 0 && used + wide > width) { lines += 1; used = 0; }
      used += wide;
    }
    return 22 * lines;
  }

  // The size of one panel that may be `width` wide.
  function panelSize(heat, panels, width) {
    if (!heat) return { w: width, h: panels === 1 ? 320 : clamp(0.72 * width, 150, 270) };
    const alone = panels === 1;
    if (heat.square) {
      const side = Math.min(width, alone ? clamp(52 * heat.columns, 240, 600) : 330);
      return { w: side, h: side };
    }
    return { w: Math.min(width, Math.max(alone ? 300 : 150, heat.columns * (alone ? 104 : 60))),
             h: alone ? clamp(heat.rows * 28, 190, 700) : clamp(heat.rows * 18, 130, 340) };
  }

  // A bar of the colours right of the panels, with the values of its ends and middle.
  function colourBar(heat, x, y, height) {
    const stops = heat.colours.map((color, i) => ({ offset: 1 - i / (heat.colours.length - 1), color }));
    const value = (t) => heat.log ? heat.low * (heat.high / heat.low) ** t : heat.low + t * (heat.high - heat.low);
    return [{ type: "rect", x, y, silent: true, shape: { width: 12, height },
              style: { fill: new echarts.graphic.LinearGradient(0, 0, 0, 1, stops.reverse()) } },
            ...[0, 0.5, 1].map((t) => title(digits(+value(t).toPrecision(3)), x + 18, y + height * (1 - t), 0, 11, "left")),
            title(heat.name, x + 68, y + height / 2, Math.PI / 2)];
  }

  // Places the panels of a figure `width` wide in a grid: outer axes alone are labelled, and names
  // of axes stand once. Returns options, and the height that they need.
  function arrange(option, assay, width) {
    const n = option.grid.length, heat = assay.heat;
    const left = assay.left + 26, right = heat ? 96 : 20, gap = 24;
    const room = (columns) => (width - left - right - (columns - 1) * gap) / columns;
    let columns = Math.min(assay.columns, n);
    while (columns > 1 && room(columns) < 150) columns -= 1;
    const rows = Math.ceil(n / columns), named = n > 1 ? 26 : 0;
    const { w, h } = panelSize(heat, n, room(columns));
    const legend = option.legend ? { left: left - 6, width: width - left - 110 } : null;
    const top = Math.max(heat ? 34 : 26, legend ? legendHeight(option.legend.data, legend.width) + 8 : 0) + (assay.upright ? 14 : 0);
    const down = h + named + (rows > 1 ? 14 : 0);
    const bottom = top + rows * down - (rows > 1 ? 14 : 0), total = columns * (w + gap) - gap;
    const graphic = [title(assay.x, left + total / 2, bottom + assay.below + 16),
                     title(assay.y, 10, (top + named + bottom) / 2, Math.PI / 2)];
    const placed = { grid: [], xAxis: [], yAxis: [] };
    for (let i = 0; i < n; ++i) {
      const column = i % columns, x = left + column * (w + gap), y = top + named + Math.floor(i / columns) * down;
      placed.grid.push({ left: x, top: y, width: w, height: h, outerBoundsMode: "none" });
      placed.xAxis.push({ axisLabel: { show: i + columns >= n } });
      placed.yAxis.push({ axisLabel: { show: column === 0 } });
      if (n > 1) graphic.push(title(assay.titles[i], x + w / 2, y - 14 - (assay.upright ? 12 : 0)));
    }
    if (heat) {
      const tall = Math.min(bottom - top - named, 260);
      graphic.push(...colourBar(heat, left + total + 16, (top + named + bottom - tall) / 2, tall));
    }
    if (legend) placed.legend = legend;
    return { options: { ...placed, graphic: { elements: graphic.map((g, id) => ({ ...g, id: String(id) })) } },
             height: bottom + assay.below + 30 };
  }

  const charts = [];
  function draw() {
    const source = document.getElementById("figures");
    if (!source || typeof echarts === "undefined") return;
    const figures = JSON.parse(source.textContent);
    for (const element of document.querySelectorAll(".chart")) {
      const { name, option } = figures[+element.dataset.figure];
      try {
        const assay = option.assay, points = supply(option);
        delete option.assay;
        const place = () => {
          const { options, height } = arrange(option, assay, element.clientWidth);
          element.style.height = height + "px";
          return options;
        };
        const placed = place();
        const chart = echarts.init(element, null, { renderer: points < 4000 ? "svg" : "canvas" });
        chart.setOption(option);
        chart.setOption(placed);
        charts.push({ chart, resize: () => { const options = place(); chart.resize(); chart.setOption(options); } });
        // A series under the pointer is shown in all figures that have it.
        const tell = (type) => ({ seriesName }) => {
          if (seriesName)
            for (const other of charts)
              if (other.chart !== chart) other.chart.dispatchAction({ type, seriesName });
        };
        chart.on("mouseover", { componentType: "series" }, tell("highlight"));
        chart.on("mouseout", { componentType: "series" }, tell("downplay"));
      } catch (problem) {
        report(name + ": " + problem.message);
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

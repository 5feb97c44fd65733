// Products and all else of matrices; of those that NumPy has as one function, under its name.
/** A matrix times another, added up in double precision: four rows and two columns at a time, at the edges some of them again. */
function matrixTimes(out, to, left, i, right, j, rows, inner, columns) {
  for (let row = 0; row < rows; row += 4) {
    const [r, s, t, u] = [0, 1, 2, 3].map((k) => Math.min(row + k, rows - 1));
    const r0 = i + r * inner, s0 = i + s * inner, t0 = i + t * inner, u0 = i + u * inner;
    for (let column = 0; column < columns; column += 2) {
      const next = Math.min(column + 1, columns - 1);
      let a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
      for (let k = 0, at = j + column, beside = j + next; k < inner; k++, at += columns, beside += columns) {
        const p = right[at], q = right[beside], w = left[r0 + k], x = left[s0 + k], y = left[t0 + k], z = left[u0 + k];
        a += w * p;
        b += w * q;
        c += x * p;
        d += x * q;
        e += y * p;
        f += y * q;
        g += z * p;
        h += z * q;
      }
      out[to + r * columns + column] = a;
      out[to + r * columns + next] = b;
      out[to + s * columns + column] = c;
      out[to + s * columns + next] = d;
      out[to + t * columns + column] = e;
      out[to + t * columns + next] = f;
      out[to + u * columns + column] = g;
      out[to + u * columns + next] = h;
    }
  }
}

functions.matmul = (a, b) => {
  const [left, right] = [a.ndim === 1 ? reshaped(a, [1, a.size]) : a, b.ndim === 1 ? reshaped(b, [b.size, 1]) : b];
  const [rows, inner, columns] = [left.shape.at(-2), left.shape.at(-1), right.shape.at(-1)];
  const stack = broadcast(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const found = filled([...stack, rows, columns], common([a, b]));
  const strides = [left, right].map((each) => stridesTo(reshaped(each, [...each.shape.slice(0, -2), 1]), [...stack, 1]).map((step) => step * product(each.shape.slice(-2))));
  let to = 0;
  lines([...stack, 1], strides, ([i, j]) => {
    matrixTimes(found.data, to, left.data, i, right.data, j, rows, inner, columns);
    to += rows * columns;
  });
  const shape = [...stack, ...(a.ndim === 1 ? [] : [rows]), ...(b.ndim === 1 ? [] : [columns])];
  return reshaped(fitted(found), shape);
};

functions.einsum = (terms, ...arrays) => {
  const [given, out] = terms.split("->");
  const names = given.split(",");
  const sizes = {};
  names.forEach((letters, n) => [...letters].forEach((letter, axis) => (sizes[letter] = sizes[letter] > 1 ? sizes[letter] : arrays[n].shape[axis])));
  const order = [...new Set([...out, ...names.join("")])];
  const strided = (letters, shape) => {
    const own = stridesOf(shape);
    return order.map((letter) => [...letters].reduce((sum, each, axis) => sum + (each === letter && shape[axis] !== 1 ? own[axis] : 0), 0));
  };
  const shape = [...out].map((letter) => sizes[letter]);
  const sums = filled(shape, "float64");
  const steps = [strided(out, shape), ...names.map((letters, n) => strided(letters, arrays[n].shape))];
  lines([...order.map((letter) => sizes[letter]), 1], steps.map((each) => [...each, 0]), ([to, ...from]) => {
    sums.data[to] += from.reduce((all, at, n) => all * arrays[n].data[at], 1);
  });
  return cast(sums, common(arrays));
};

/** A stack of matrices, each put through a function of a matrix as rows. */
function ofMatrices(x, shape, rule) {
  const [rows, columns] = x.shape.slice(-2);
  const found = filled([...x.shape.slice(0, -2), ...shape], x.dtype);
  const count = product(shape);
  for (let n = 0; n < product(x.shape.slice(0, -2)); n++) {
    const matrix = Array.from({ length: rows }, (_, i) => [...x.data.subarray((n * rows + i) * columns, (n * rows + i + 1) * columns)]);
    found.data.set(rule(matrix, n).flat(), n * count);
  }
  return found;
}

functions.tril = (x, k = 0) => ofMatrices(x, x.shape.slice(-2), (rows) => rows.map((row, i) => row.map((each, j) => (j - i <= k ? each : 0))));

functions.triu = (x, k = 0) => ofMatrices(x, x.shape.slice(-2), (rows) => rows.map((row, i) => row.map((each, j) => (j - i >= k ? each : 0))));

functions.diag = (x, k = 0) => {
  const size = x.size + Math.abs(k);
  if (x.ndim === 1) {
    const found = filled([size, size], x.dtype);
    x.data.forEach((each, i) => (found.data[(i + Math.max(-k, 0)) * size + i + Math.max(k, 0)] = each));
    return found;
  }
  const [rows, columns] = x.shape;
  const [i, j] = [Math.max(-k, 0), Math.max(k, 0)];
  return strided(x, [Math.max(0, Math.min(rows - i, columns - j))], [columns + 1], i * columns + j);
};

/** A matrix and what stands beside it, brought to the identity by rows; the pivots, and what then stands beside. */
function eliminated(matrix, beside) {
  const rows = matrix.map((row, i) => [...row, ...beside[i]]);
  const pivots = [];
  for (let i = 0; i < rows.length; i++) {
    let pivot = i;
    for (let k = i + 1; k < rows.length; k++) if (Math.abs(rows[k][i]) > Math.abs(rows[pivot][i])) pivot = k;
    if (pivot !== i) [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    const factor = rows[i][i];
    pivots.push(pivot === i ? factor : -factor);
    if (factor === 0) return { pivots, beside: null };
    for (let j = i; j < rows[i].length; j++) rows[i][j] /= factor;
    for (let k = 0; k < rows.length; k++) {
      const times = rows[k][i];
      if (k !== i && times !== 0) for (let j = i; j < rows[k].length; j++) rows[k][j] -= times * rows[i][j];
    }
  }
  return { pivots, beside: rows.map((row) => row.slice(matrix.length)) };
}

/** What stands beside a matrix that has an inverse. */
function solved(matrix, beside) {
  const found = eliminated(matrix, beside).beside;
  if (!found) throw new Error("The matrix is singular: it has no inverse.");
  return found;
}

functions["linalg.inv"] = (x) => ofMatrices(x, x.shape.slice(-2), (rows) => solved(rows, rows.map((_, i) => rows.map((_, j) => Number(i === j)))));

/** The factors of a matrix's determinant: the pivots, of which one is negative for each exchange of two rows. */
const pivotsOf = (rows) => eliminated(rows, rows.map(() => [])).pivots;

functions["linalg.det"] = (x) => ofMatrices(x, [], (rows) => [product(pivotsOf(rows))]);

functions["linalg.solve"] = (a, b) => {
  const vectors = b.ndim === 1;
  const right = vectors ? reshaped(b, [b.size, 1]) : b;
  const stack = broadcast(a.shape.slice(0, -2), right.shape.slice(0, -2));
  const left = functions.broadcast_to(a, [...stack, ...a.shape.slice(-2)]);
  const columns = right.shape.at(-1);
  const wide = functions.broadcast_to(right, [...stack, ...right.shape.slice(-2)]);
  const row = (n, i) => [...wide.data.subarray((n * left.shape.at(-1) + i) * columns, (n * left.shape.at(-1) + i + 1) * columns)];
  const found = ofMatrices(left, [left.shape.at(-1), columns], (rows, n) => solved(rows, rows.map((_, i) => row(n, i))));
  return vectors ? reshaped(found, found.shape.slice(0, -1)) : found;
};

functions.log_abs_det = (x) => ofMatrices(x, [], (rows) => [pivotsOf(rows).reduce((sum, pivot) => sum + Math.log(Math.abs(pivot)), 0)]);

functions.sign_det = (x) => ofMatrices(x, [], (rows) => [pivotsOf(rows).reduce((sign, pivot) => sign * Math.sign(pivot), 1)]);

functions.cholesky = (x) =>
  ofMatrices(x, x.shape.slice(-2), (rows) => {
    const lower = rows.map((row) => row.map(() => 0));
    const known = (i, j) => lower[i].reduce((sum, each, k) => (k < j ? sum + each * lower[j][k] : sum), 0);
    rows.forEach((row, i) => {
      for (let j = 0; j < i; j++) lower[i][j] = ((row[j] + rows[j][i]) / 2 - known(i, j)) / lower[j][j];
      lower[i][i] = Math.sqrt(row[i] - known(i, i));
    });
    return lower;
  });

/** Columns turned in pairs until they stand upright on one another, and what turned them: of these the first are the singular vectors. */
function upright(columns) {
  const along = (a, b) => a.reduce((sum, each, i) => sum + each * b[i], 0);
  const turned = columns.map((column, k) => [...column, ...columns.map((_, i) => Number(i === k))]);
  const own = (k) => turned[k].slice(0, columns[0].length);
  for (let round = 0, done = false; round < 60 && !done; round++) {
    done = true;
    for (let p = 0; p < turned.length; p++) {
      for (let q = p + 1; q < turned.length; q++) {
        const [a, b, c] = [along(own(p), own(p)), along(own(q), own(q)), along(own(p), own(q))];
        if (!(Math.abs(c) > 1e-16 * Math.sqrt(a * b))) continue;
        done = false;
        const [far, near] = [b - a, 2 * c];
        const tangent = near / (Math.abs(far) + Math.hypot(far, near)) * (far < 0 ? -1 : 1);
        const cosine = 1 / Math.hypot(1, tangent);
        const [x, y] = [turned[p], turned[q]];
        turned[p] = x.map((each, i) => cosine * (each - tangent * y[i]));
        turned[q] = x.map((each, i) => cosine * (tangent * each + y[i]));
      }
    }
  }
  return turned.map((column, k) => ({ column: own(k), turn: column.slice(columns[0].length), square: along(own(k), own(k)) }));
}

functions.pseudo_inverse = (x, { rcond }) => {
  const [rows, columns] = x.shape.slice(-2);
  const limit = rcond ?? (x.dtype === "float64" ? 2 ** -52 : 2 ** -23) * Math.max(rows, columns);
  return ofMatrices(x, [columns, rows], (matrix) => {
    const tall = rows >= columns ? Array.from({ length: columns }, (_, k) => matrix.map((row) => row[k])) : matrix;
    if (!tall.length) return [];
    const parts = upright(tall);
    const least = limit ** 2 * Math.max(...parts.map((part) => part.square));
    const kept = parts.filter((part) => part.square > least);
    const at = (i, k) => kept.reduce((sum, { column, turn, square }) => sum + (turn[i] * column[k]) / square, 0);
    return Array.from({ length: columns }, (_, i) => Array.from({ length: rows }, (_, k) => (rows >= columns ? at(i, k) : at(k, i))));
  });
};

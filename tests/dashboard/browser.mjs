// Drives a real Chromium over the page. Each scenario ends with `done`, or with what is not as it should be.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const told = JSON.parse(process.argv[2]);
const require = createRequire(join(told.tools, "node_modules/"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const MARKUP = "<img src=x onerror=alert(1)>";
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 320, height: 640 };
const WAIT = 60000;

/** What a page may never do. */
const wrong = [];

async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, colorScheme: "light", reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT);
  page.on("dialog", (dialog) => {
    wrong.push(`a dialog opened: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  page.on("pageerror", (error) => wrong.push(`the script failed: ${error.stack}`));
  page.on("console", (message) => {
    const expected = told.expected?.some((text) => message.text().includes(text));
    if (message.type() === "error" && !expected) wrong.push(`the console says: ${message.text()} ${message.location().url}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(told.page)) wrong.push(`asked elsewhere: ${request.url()}`);
  });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(`${told.page}/`);
  return page;
}

const is = (page, id, text) => page.waitForFunction(([id, text]) => document.getElementById(id).textContent.includes(text), [id, text]);

const live = (page) => page.waitForFunction(() => document.getElementById("live").dataset.live === "on");

/** No violation of what axe-core knows, no violation of the policy, nothing broader than the screen. */
async function sound(page, name) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations);
  const shown = found.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join("\n  ")}`);
  assert.deepEqual(shown, [], `${name}: axe-core`);
  assert.deepEqual(await page.evaluate(() => window.violations), [], `${name}: content security policy`);
  const wide = await page.evaluate(() => {
    // Whatever the machine's pace: the broadest that can stand there.
    for (const cell of document.querySelectorAll("#pace td.number")) cell.textContent = "≤ 0.25 ms";
    return document.documentElement.scrollWidth - document.documentElement.clientWidth;
  });
  assert.equal(wide, 0, `${name}: it scrolls sideways`);
  await page.screenshot({ path: join(told.shots, `page-${told.scenario}-${name}.png`), fullPage: true, animations: "disabled" });
}

/** In every light and width. */
async function everywhere(page) {
  await sound(page, "light");
  await page.emulateMedia({ colorScheme: "dark" });
  await sound(page, "dark");
  await page.setViewportSize(PHONE);
  await sound(page, "phone-dark");
  await page.emulateMedia({ colorScheme: "light" });
  await sound(page, "phone");
  await page.setViewportSize(DESKTOP);
}

async function ask(model) {
  const response = await fetch(`${told.proxy}/v1/responses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, input: "hi" }),
  });
  await response.text();
  return response.status;
}

const rows = (page) => page.locator("#attempts tbody tr:not(.details)");

const scenarios = {
  async empty(browser) {
    const page = await open(browser);
    await live(page);
    await is(page, "lock-title", "The lock is holding");
    await is(page, "lock-text", "Whatever model is requested, gpt-5.5 runs.");
    assert.equal(await page.locator("#lock").getAttribute("data-state"), "good");
    assert.ok(await page.locator("#attempts-empty").isVisible());
    assert.match(await page.title(), /^The lock is holding/);
    await everywhere(page);
  },

  async attacked(browser) {
    const page = await open(browser);
    await live(page);
    await is(page, "lock-title", "another model served");
    // The shim's line is read from the file within a second.
    await page.waitForFunction(() => [...document.querySelectorAll("#attempts tbody tr")].some((line) => line.textContent.includes("gpt-4.1")));
    const markup = page.locator("#attempts .model", { hasText: MARKUP });
    assert.equal(await markup.count(), 1);
    assert.equal(await page.locator("img, script:not([src]), #attempts b").count(), 0);
    await everywhere(page);
    await arrives(page);
    await searches(page);
    await chooses(page);
    await byKeyboard(page);
    await themes(page);
    await pauses(page);
    assert.deepEqual(await page.evaluate(() => window.violations), []);
  },

  async open(browser) {
    const page = await open(browser);
    await live(page);
    await is(page, "lock-title", "Nothing is locked");
    assert.equal(await page.locator("#lock").getAttribute("data-state"), "open");
    await everywhere(page);
  },

  async token(browser) {
    told.expected = ["401"];
    const page = await open(browser);
    await page.getByLabel("Token").waitFor();
    assert.ok(await page.locator("#all").isHidden());
    await sound(page, "asked");
    await page.getByLabel("Token").fill("not-the-right-token");
    await page.keyboard.press("Enter");
    await is(page, "login-error", "This is not the token");
    assert.equal(await page.getByLabel("Token").inputValue(), "");
    await page.getByLabel("Token").fill(told.known);
    await page.getByRole("button", { name: "Show the dashboard" }).click();
    await is(page, "lock-title", "The lock is holding");
    await live(page);
    await sound(page, "shown");
    const kept = await page.evaluate(() => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie, location.href]));
    assert.ok(!kept.includes(told.known), kept);
    await page.reload();
    await page.getByLabel("Token").waitFor();
  },
};

/** What is old says so; what comes back is fresh. */
scenarios.lost = async (browser) => {
  told.expected = ["ERR_", "Failed to load resource"];
  const page = await open(browser);
  await live(page);
  await is(page, "lock-title", "The lock is holding");
  console.error("the proxy may go");
  await is(page, "lock-title", "Not known whether the lock is holding");
  await is(page, "lock-text", "The proxy has not responded since");
  await is(page, "live-text", "No connection");
  assert.equal(await page.locator("#says").textContent(), "Not known whether the lock is holding", "it is called out");
  assert.ok(await page.locator("#attempts tbody tr").count(), "what was known stays");
  await sound(page, "old");
  console.error("the proxy may come back");
  await live(page);
  await is(page, "lock-title", "The lock is holding");
};

/** A row comes by itself, above the others. */
async function arrives(page) {
  const before = await rows(page).count();
  assert.equal(await ask("live-model"), 200);
  await rows(page).first().getByText("live-model").waitFor();
  await page.waitForFunction((count) => document.querySelectorAll("#attempts tbody tr").length === count, before + 1);
  // Its answer comes after it.
  await page.waitForFunction(() => document.querySelector("#attempts tbody tr .chain").children[2].textContent.includes("gpt-5.5"));
  assert.equal(await page.locator("#says").textContent(), await page.locator("#lock-title").textContent(), "rows are not called out");
}

async function searches(page) {
  const search = page.getByRole("searchbox", { name: "Search" });
  await search.fill("ONERROR");
  await is(page, "attempts-caption", "1 shown that match");
  assert.equal(await rows(page).count(), 1);
  await search.fill("no such thing");
  await is(page, "attempts-empty", "Nothing that is held here matches.");
  await search.fill("");
  await page.getByRole("combobox", { name: "Surface" }).selectOption("argv");
  await page.waitForFunction(() => document.querySelectorAll("#attempts tbody tr").length === 1);
  await rows(page).first().getByText("gpt-4.1").waitFor();
  await page.getByRole("combobox", { name: "Surface" }).selectOption("");
  await page.getByRole("combobox", { name: "Result" }).selectOption("undecidable");
  await is(page, "attempts", "undecidable: not_json");
  await page.getByRole("combobox", { name: "Result" }).selectOption("");
  await page.waitForFunction(() => document.querySelectorAll("#attempts tbody tr").length > 10);
}

/** Window, split, and the table that says the same as the drawing. */
async function chooses(page) {
  await page.locator("#chart svg").waitFor();
  const label = () => page.locator("#chart svg").getAttribute("aria-label");
  assert.match(await label(), /^In the last 1h: .*forced/);
  await page.getByText("24 h", { exact: true }).click();
  await page.waitForFunction(() => document.querySelector("#chart svg").getAttribute("aria-label").startsWith("In the last 24h"));
  await page.getByText("Surface", { exact: true }).first().click();
  assert.match(await label(), /http/);
  await page.getByText("Show as a table").click();
  const cells = await page.locator("#chart-table tbody td").allTextContents();
  const legend = await page.locator("#legend b").allTextContents();
  const sum = (texts) => texts.reduce((all, text) => all + Number(text.replace(/,/g, "")), 0);
  assert.equal(sum(cells), sum(legend));
  assert.ok(sum(cells) > 10);
  await sound(page, "table");
  await page.getByText("Show as a table").click();
}

/** From the skip link to the details of a row and back, without a mouse. */
async function byKeyboard(page) {
  await page.reload();
  await live(page);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  const seen = [];
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    const now = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement.type === "radio" ? document.activeElement.nextElementSibling : document.activeElement);
      return { label: document.activeElement.getAttribute("aria-label") ?? document.activeElement.id, visible: outlineStyle !== "none" && outlineWidth !== "0px" };
    });
    seen.push(now.label);
    assert.ok(now.visible, `the focus on ${now.label} is not seen`);
    if (now.label.startsWith("Details of")) break;
  }
  assert.ok(seen.includes("query") && seen.at(-1).startsWith("Details of"), seen.join(", "));
  await page.keyboard.press("Enter");
  await page.locator("tr.details").getByText("policy_hash").waitFor();
  assert.ok((await page.evaluate(() => document.activeElement.getAttribute("aria-label"))).startsWith("Details of"), "the focus stays");
  // While one reads, something comes: the row stays open and focused.
  await ask("while-reading");
  await rows(page).first().getByText("while-reading").waitFor();
  assert.equal(await page.locator("tr.details").count(), 1);
  assert.ok((await page.evaluate(() => document.activeElement.getAttribute("aria-label"))).startsWith("Details of"));
  await sound(page, "details");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => !document.querySelector("tr.details"));
}

async function themes(page) {
  const button = page.getByRole("button", { name: /^Theme/ });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await button.click();
  assert.equal(await ground(), light);
  await button.click();
  assert.equal(await button.textContent(), "Theme: dark");
  assert.notEqual(await ground(), light);
  await sound(page, "chosen-dark");
  await page.reload();
  await live(page);
  assert.notEqual(await ground(), light, "it is remembered");
  await page.getByRole("button", { name: /^Theme/ }).click();
}

/** Paused, nothing moves; taken up again, nothing is missing. */
async function pauses(page) {
  const button = page.getByRole("button", { name: "Pause" });
  await button.click();
  await is(page, "live-text", "Paused");
  const before = await rows(page).count();
  await ask("while-paused");
  await ask("while-paused-2");
  assert.equal(await rows(page).count(), before);
  await button.click();
  await live(page);
  await rows(page).first().getByText("while-paused-2").waitFor();
  assert.equal(await rows(page).count(), before + 2);
}

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  await scenarios[told.scenario](browser);
  assert.deepEqual(wrong, []);
  console.error("done");
} catch (error) {
  console.error(error.stack, wrong);
  process.exitCode = 1;
} finally {
  await browser.close();
}

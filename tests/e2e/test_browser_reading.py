"""A reader in a real browser: searching, landing on a section, languages, an account. Also without JavaScript."""

import re

import pytest
from playwright.async_api import Page, expect

from infra.db.addresses import DatabaseUrls
from tests.mailbox import mailed_token
from tests.web.web_stack import NOISE, PASSWORD

PAGES = [
    "/",
    "/search?q=noise&lang=en",
    "/browse",
    f"{NOISE}/en@2024-07-01",
    f"{NOISE}/history?lang=en",
    f"{NOISE}/compare?from=2021-04-01&to=2024-07-01&lang=en",
    f"{NOISE}/en+fr@2024-07-01",
    f"{NOISE}/citations?lang=en",
    f"{NOISE}/en@2024-07-01/cite",
    "/login",
    "/status",
]


async def test_search_lands_on_the_section(page: Page) -> None:
    await page.goto("/")
    await page.get_by_label("Search policies").fill("quiet hours")
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_role("heading", name=re.compile("results for “quiet hours”"))).to_be_visible()
    await page.get_by_role("link", name="5 Quiet hours").first.click()
    await expect(page).to_have_url(re.compile(rf"{NOISE}/en@2024-07-01#.*sec_5$"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Noise By-law")
    await expect(page.locator("section:target")).to_be_in_viewport()
    await expect(page.locator("section:target")).to_contain_text("During quiet hours, no person shall")


async def test_preferences_are_kept_in_the_browser(scripted: Page) -> None:
    await scripted.goto("/preferences")
    await scripted.get_by_role("group", name="Colours").get_by_label("Dark").check()
    await scripted.get_by_role("group", name="Size of the law's text").get_by_label("Larger").check()
    await scripted.goto(f"{NOISE}/en@2024-07-01")
    await expect(scripted.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(scripted.locator("html")).to_have_attribute("data-size", "larger")


async def test_suggestions_are_chosen_with_the_keyboard(scripted: Page) -> None:
    await scripted.goto("/")
    box = scripted.get_by_label("Search policies")
    await box.press_sequentially("nois")
    option = scripted.get_by_role("option", name=re.compile("Noise By-law")).first
    await expect(option).to_be_visible()
    await expect(box).to_have_attribute("aria-expanded", "true")
    await box.press("ArrowDown")
    await expect(scripted.locator("[aria-selected=true]")).to_have_count(1)
    await box.press("Escape")
    await expect(option).not_to_be_visible()
    await box.press_sequentially("e")
    await expect(option).to_be_visible()
    await box.press("ArrowDown")
    await expect(scripted.locator("[aria-selected=true]")).to_have_count(1)
    await box.press("Enter")
    await expect(scripted.get_by_role("heading", level=1)).to_have_text("Noise By-law")


async def test_keys_lead_through_a_document(scripted: Page) -> None:
    await scripted.goto(f"{NOISE}/en@2024-07-01")
    await scripted.keyboard.press("]")
    await scripted.keyboard.press("]")
    await expect(scripted).to_have_url(re.compile(r"#\S+"))
    await scripted.keyboard.press("?")
    await expect(scripted.get_by_role("dialog", name="Keys")).to_be_visible()
    await scripted.keyboard.press("Escape")
    await scripted.keyboard.press("l")
    await expect(scripted).to_have_url(re.compile(f"{NOISE}/fr@2024-07-01"))
    await scripted.keyboard.press("r")
    await expect(scripted).to_have_url(re.compile(r"/compare\?from=2021-04-01&to=2024-07-01&lang=fr"))


async def test_a_slider_goes_through_the_versions(scripted: Page) -> None:
    await scripted.goto(f"{NOISE}/en@2024-07-01")
    slider = scripted.get_by_role("slider", name="Point in time")
    await expect(slider).to_have_attribute("aria-valuetext", "1 July 2024")
    await slider.press("ArrowLeft")
    await expect(scripted).to_have_url(re.compile(f"{NOISE}/en@2021-04-01"))


async def test_keys_go_from_change_to_change(scripted: Page) -> None:
    await scripted.goto(f"{NOISE}/compare?from=2016-05-01&to=2024-07-01&lang=en")
    await scripted.keyboard.press("n")
    await expect(scripted.locator("#change-1")).to_be_focused()
    await scripted.keyboard.press("n")
    await expect(scripted.locator("#change-2")).to_be_focused()
    await scripted.keyboard.press("p")
    await expect(scripted.locator("#change-1")).to_be_focused()


async def test_the_contents_lead_through_the_text(page: Page) -> None:
    await page.goto(f"{NOISE}/en")
    contents = page.get_by_role("navigation", name="Contents")
    if not await contents.get_by_role("link", name="12 Offence and penalty").is_visible():
        await contents.get_by_text("Contents").click()
    await contents.get_by_role("link", name="12 Offence and penalty").click()
    await expect(page.locator("section:target")).to_be_in_viewport()
    await expect(page.locator("section:target")).to_contain_text("Offence and penalty")


async def test_the_other_language_is_one_step_away(page: Page) -> None:
    await page.goto(f"{NOISE}/en@2024-07-01")
    await page.get_by_role("navigation", name="Language").get_by_role("link", name="Français").click()
    await expect(page).to_have_url(re.compile(rf"{NOISE}/fr@2024-07-01"))
    await expect(page.locator("html")).to_have_attribute("lang", "fr")
    await expect(page.get_by_role("navigation", name="Table des matières")).to_be_attached()


async def test_an_old_text_leads_to_the_one_in_force(page: Page) -> None:
    await page.goto(f"{NOISE}/en@2016-05-01")
    await expect(page.get_by_role("note")).to_contain_text("This is an old text")
    await page.get_by_role("note").get_by_role("link").click()
    await expect(page).to_have_url(re.compile("en@2024-07-01$"))
    await expect(page.get_by_role("note")).to_have_count(0)


async def _follow_the_letter(page: Page, database: DatabaseUrls, email: str) -> None:
    await expect(page.get_by_role("status")).to_contain_text("Look into your mail")
    await page.goto(f"/verify?token={await mailed_token(database, email)}")
    await page.get_by_role("button", name="Confirm the address").click()
    await expect(page.get_by_role("status")).to_contain_text("The address is confirmed")
    await page.get_by_role("main").get_by_role("link", name="Sign in").click()


async def test_register_sign_in_and_out(page: Page, email: str, library_database: DatabaseUrls) -> None:
    await page.goto("/account")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await page.get_by_role("link", name="Register").click()
    await page.get_by_label("Name").fill("Ada Reader")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Register").click()
    await _follow_the_letter(page, library_database, email)
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill("not the password")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("is wrong")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    await expect(page.get_by_role("main")).to_contain_text(email)
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")
    await page.goto("/account")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_the_header_shows_who_is_signed_in(scripted: Page, email: str, library_database: DatabaseUrls) -> None:
    await scripted.goto("/register")
    await scripted.get_by_label("Name").fill("Ada Reader")
    await scripted.get_by_label("E-mail address").fill(email)
    await scripted.get_by_label("Password").fill(PASSWORD)
    await scripted.get_by_role("button", name="Register").click()
    await _follow_the_letter(scripted, library_database, email)
    await scripted.get_by_label("E-mail address").fill(email)
    await scripted.get_by_label("Password").fill(PASSWORD)
    await scripted.get_by_role("button", name="Sign in").click()
    await scripted.goto("/")
    await expect(scripted.get_by_role("banner").get_by_role("link", name="Ada Reader")).to_be_visible()


async def test_the_section_is_kept_when_the_language_changes(scripted: Page) -> None:
    await scripted.goto(f"{NOISE}/en@2024-07-01")
    await scripted.get_by_role("navigation", name="Contents").get_by_role("link", name="12 Offence and penalty").click()
    await scripted.get_by_role("navigation", name="Language").get_by_role("link", name="Français").click()
    await expect(scripted).to_have_url(re.compile(r"fr@2024-07-01#.*sec_12$"))
    await expect(scripted.locator("section:target")).to_be_in_viewport()


async def test_the_contents_follow_the_reader(scripted: Page) -> None:
    await scripted.goto(f"{NOISE}/en@2024-07-01")
    await scripted.get_by_role("heading", name="11 Powers of an officer").scroll_into_view_if_needed()
    await scripted.mouse.wheel(0, 500)
    await expect(scripted.locator(".contents a[aria-current=location]")).to_have_count(1)


async def test_the_slash_key_goes_to_the_search_box(scripted: Page) -> None:
    await scripted.goto(f"{NOISE}/en@2024-07-01")
    await scripted.keyboard.press("/")
    box = scripted.get_by_label("Search policies")
    await expect(box).to_be_focused()
    await scripted.keyboard.type("a/b")
    await expect(box).to_have_value("a/b")
    await scripted.goto("/preferences")
    await scripted.get_by_role("group", name="Keys").get_by_label("Off").check()
    await scripted.get_by_role("heading", level=1).click()
    await scripted.keyboard.press("/")
    await expect(scripted.get_by_label("Search policies")).not_to_be_focused()


async def test_the_colours_can_be_changed_and_stay_so(scripted: Page) -> None:
    await scripted.goto("/")
    await scripted.get_by_role("button", name="Dark colours").click()
    await scripted.goto("/browse")
    await expect(scripted.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(scripted.locator("body")).to_have_css("background-color", "rgb(22, 22, 20)")


async def test_the_keyboard_alone_reaches_the_content(scripted: Page) -> None:
    await scripted.goto(f"{NOISE}/en@2024-07-01")
    await scripted.keyboard.press("Tab")
    await expect(scripted.get_by_role("link", name="Skip to the content")).to_be_focused()
    await scripted.keyboard.press("Enter")
    await expect(scripted.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
async def test_no_page_is_wider_than_the_window(scripted: Page, path: str, width: int) -> None:
    """320 pixels is also what a window of 1280 shows at 400 % zoom."""
    await scripted.set_viewport_size({"width": width, "height": 800})
    await scripted.goto(path)
    assert await scripted.evaluate("document.documentElement.scrollWidth") <= width

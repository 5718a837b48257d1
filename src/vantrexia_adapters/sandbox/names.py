# ruff: noqa: RUF001 - names in Greek, Cyrillic and other scripts look "ambiguous" to a linter; they are the point
"""The names of synthetic people, by where a family comes from. Tables only: `people` draws from them."""

from collections.abc import Mapping
from typing import Final

import attrs


@attrs.frozen
class Source:
    """The names of one origin, as written down.

    Entries are separated by commas, the commonest first. ``Иванов/Иванова`` gives a last name's masculine and
    feminine form, ``王=Wang`` its Latin spelling (for the e-mail address), ``Smith*244`` a weight of its own;
    entries without one get a weight that falls with their rank. First names are keyed by the first birth
    year they are in fashion.
    """

    share: int  # of 1,000 households
    last: str
    male: Mapping[int, str]
    female: Mapping[int, str]
    english: float = 0.0  # share of people with a first name from the English tables instead
    hyphen: float = 0.0  # share of households with a double last name
    keeps: float = 0.1  # share of couples in which both keep their own last name


_ENGLISH_MALE: Final[Mapping[int, str]] = {
    1930: "Robert, James, John, William, Richard, Charles, Donald, George, Thomas, Joseph, David, "
    "Edward, Ronald, Paul, Kenneth, Frank, Raymond, Jack, Harold, Billy, Gerald, Walter, "
    "Jerry, Joe, Eugene, Henry, Carl, Arthur, Ralph, Albert, Harry, Melvin, Earl, Roy, Fred, "
    "Norman, Leonard, Clarence, Ernest, Floyd, J.D.",
    1940: "James, Robert, John, William, Richard, David, Charles, Thomas, Michael, Ronald, Larry, "
    "Donald, Joseph, Gary, George, Kenneth, Paul, Edward, Jerry, Dennis, Frank, Daniel, "
    "Raymond, Roger, Stephen, Gerald, Walter, Harold, Douglas, Lawrence, Terry, Wayne, "
    "Arthur, Carl, Henry, Bobby, Glenn, Leroy, Vernon",
    1950: "James, Michael, Robert, John, David, William, Richard, Thomas, Mark, Charles, Steven, "
    "Gary, Joseph, Donald, Ronald, Kenneth, Paul, Larry, Daniel, Stephen, Dennis, Timothy, "
    "Edward, Jeffrey, George, Gregory, Kevin, Douglas, Terry, Anthony, Jerry, Bruce, Randy, "
    "Frank, Brian, Scott, Roger, Billy Ray",
    1960: "Michael, David, John, James, Robert, Mark, William, Richard, Thomas, Jeffrey, Steven, "
    "Joseph, Timothy, Kevin, Scott, Brian, Charles, Paul, Daniel, Christopher, Kenneth, "
    "Anthony, Gregory, Ronald, Donald, Gary, Stephen, Eric, Edward, Douglas, Todd, Patrick, "
    "George, Keith, Larry, Matthew, Terry, Andrew",
    1970: "Michael, Christopher, Jason, David, James, John, Robert, Brian, William, Matthew, "
    "Joseph, Daniel, Kevin, Eric, Jeffrey, Richard, Scott, Mark, Steven, Thomas, Timothy, "
    "Anthony, Charles, Jeremy, Joshua, Ryan, Paul, Andrew, Gregory, Chad, Kenneth, Jonathan, "
    "Stephen, Shawn, Aaron, Adam, Patrick, Justin",
    1980: "Michael, Christopher, Matthew, Joshua, David, James, Daniel, Robert, John, Joseph, "
    "Jason, Justin, Andrew, Ryan, William, Brian, Brandon, Jonathan, Nicholas, Anthony, "
    "Eric, Adam, Kevin, Thomas, Steven, Kyle",
    1990: "Michael, Christopher, Matthew, Joshua, Jacob, Nicholas, Andrew, Daniel, Tyler, Joseph, "
    "Brandon, David, James, Ryan, John, Zachary, Justin, William, Anthony, Robert, Austin, "
    "Alexander, Kyle, Cody, Dylan",
    2000: "Jacob, Michael, Joshua, Matthew, Daniel, Christopher, Andrew, Ethan, Joseph, William, "
    "Logan, Noah, Mason",
}
_ENGLISH_FEMALE: Final[Mapping[int, str]] = {
    1930: "Mary, Betty, Barbara, Shirley, Patricia, Dorothy, Joan, Margaret, Nancy, Helen, Carol, "
    "Joyce, Doris, Ruth, Virginia, Marilyn, Elizabeth, Jean, Frances, Beverly, Lois, Alice, "
    "Donna, Martha, Dolores, Janet, Phyllis, Norma, Carolyn, Evelyn, Gloria, Anna, Marie, "
    "Ann, Mildred, Rose, Peggy, Geraldine, Mary Lou",
    1940: "Mary, Linda, Barbara, Patricia, Carol, Sandra, Nancy, Sharon, Judith, Susan, Betty, "
    "Carolyn, Margaret, Shirley, Judy, Karen, Donna, Kathleen, Joyce, Dorothy, Janet, Diane, "
    "Janice, Joan, Elizabeth, Brenda, Gloria, Virginia, Marilyn, Martha, Beverly, Helen, "
    "Bonnie, Ruth, Frances, Jean, Ann, Mary Ann, Jo Ann",
    1950: "Mary, Linda, Patricia, Susan, Deborah, Barbara, Debra, Karen, Nancy, Donna, Cynthia, "
    "Sandra, Pamela, Sharon, Kathleen, Carol, Diane, Brenda, Cheryl, Janet, Elizabeth, "
    "Kathy, Margaret, Janice, Carolyn, Denise, Judy, Rebecca, Joyce, Teresa, Christine, "
    "Catherine, Shirley, Judith, Betty, Gail, Peggy, Jane",
    1960: "Lisa, Mary, Susan, Karen, Kimberly, Patricia, Linda, Donna, Michelle, Cynthia, Sandra, "
    "Deborah, Tammy, Pamela, Lori, Laura, Elizabeth, Julie, Brenda, Jennifer, Barbara, "
    "Angela, Sharon, Debra, Teresa, Nancy, Christine, Cheryl, Denise, Kelly, Tina, Kathleen, "
    "Sherry, Robin, Amy, Dawn, Rhonda, Jo-Ann",
    1970: "Jennifer, Amy, Melissa, Michelle, Kimberly, Lisa, Angela, Heather, Stephanie, Nicole, "
    "Jessica, Elizabeth, Rebecca, Kelly, Mary, Christina, Amanda, Julie, Sarah, Laura, "
    "Shannon, Christine, Tammy, Tracy, Karen, Dawn, Susan, Andrea, Tina, Patricia, Cynthia, "
    "Lori, Rachel, April, Wendy, Renée, Chloë",
    1980: "Jessica, Jennifer, Amanda, Ashley, Sarah, Stephanie, Melissa, Nicole, Elizabeth, "
    "Heather, Tiffany, Michelle, Amber, Megan, Amy, Rachel, Kimberly, Christina, Lauren, "
    "Crystal, Brittany, Rebecca, Laura, Erin",
    1990: "Jessica, Ashley, Emily, Samantha, Sarah, Amanda, Brittany, Elizabeth, Taylor, Megan, "
    "Hannah, Kayla, Lauren, Stephanie, Rachel, Jennifer, Nicole, Alexis, Victoria, Amber, "
    "Zoë, Mackenzie",
    2000: "Emily, Madison, Emma, Olivia, Hannah, Abigail, Isabella, Samantha, Elizabeth, Ashley, "
    "Sophia, Grace",
}
_SPANISH_MALE: Final[Mapping[int, str]] = {
    1930: "José, Juan, Jesus, Manuel, Antonio, Francisco, Ramon, Pedro, Raul, Luis, Carlos, "
    "Miguel, Roberto, Rafael, Ruben, Salvador, Guadalupe, Alfredo, Domingo, Gilberto, "
    "Ignacio, Arturo, Ernesto, Joaquín, José María",
    1960: "Jose, Juan, Luis, Carlos, Jorge, Miguel, Francisco, Antonio, Jesús, Ricardo, Javier, "
    "Roberto, Mario, Victor, Hector, Fernando, Sergio, Eduardo, Armando, Oscar, Raúl, "
    "Alberto, Andrés, Ramón, Rubén, Iñaki",
    1985: "Luis, Jose, Juan, Carlos, Daniel, Alejandro, Diego, Miguel, Adrian, Gabriel, Angel, "
    "Andrés, Sebastián",
}
_SPANISH_FEMALE: Final[Mapping[int, str]] = {
    1930: "María, Maria, Carmen, Guadalupe, Margarita, Rosa, Juana, Esperanza, Dolores, Consuelo, "
    "Josefina, Teresa, Amelia, Ofelia, Alicia, Elena, Francisca, Mercedes, Socorro, "
    "Concepción, Luz, María de los Ángeles",
    1960: "Maria, María, Ana, Martha, Sylvia, Rosa, Patricia, Leticia, Norma, Irma, Elizabeth, "
    "Gloria, Yolanda, Alma, Blanca, Silvia, Sandra, Claudia, Adriana, Verónica, Mónica, "
    "Rocío, Lucía, Begoña, María del Carmen",
    1985: "Maria, Jessica, Stephanie, Vanessa, Daniela, Andrea, Gabriela, Alejandra, Karina, "
    "Mariana, Valentina, Ximena",
}

# First and second halves of the long tail of English last names: real practices have hundreds of names that
# occur once or twice, and a search that was only tried on the common ones has not been tried.
TAIL_STEMS: Final = (
    "Ash, Black, Brad, Brom, Burn, Clay, Craw, Dray, Elling, Fair, Glad, Hather, Holling, "
    "Kings, Lang, Mar, Oak, Pem, Rad, Red, Shel, Stan, Thorn, Wake, Wal, Wex, Whit, Win, "
    "Yar, Col, Har, Hen, Lin, Mil, Nor, Rams"
)
TAIL_ENDINGS: Final = "ford, ton, ley, well, wood, field, worth, ham, bury, more, by, stone, dale, combe"

# The longest name allowed (100 characters) is here on purpose: labels, columns and PDFs break on it first.
_LONGEST: Final = (
    "de la Santísima Trinidad y Fernández de Córdoba-Ponce de León Álvarez de Toledo y Martínez de Vargas"
)

SOURCES: Final[Mapping[str, Source]] = {
    "english": Source(
        share=400,
        # Weights follow the counts of the 2010 census, roughly, in units of 10,000.
        last="Smith*244, Johnson*193, Williams*120, Brown*110, Jones*110, Miller*116, Davis*100, "
        "Wilson*80, Anderson*78, Thomas*60, Taylor*75, Moore*68, Jackson*45, Martin*70, "
        "Thompson*66, White*66, Harris*50, Clark*56, Lewis*45, Robinson*40, Walker*46, Young*48, "
        "Allen*46, King*46, Wright*44, Scott*40, Hill*43, Green*38, Adams*43, Nelson*43, "
        "Baker*42, Hall*41, Campbell*39, Mitchell*36, Carter*34, Roberts*38, Phillips*36, "
        "Evans*34, Turner*34, Parker*33, Collins*33, Edwards*32, Stewart*31, Morris*31, Cook*30, "
        "Rogers*30, Morgan*29, Cooper*28, Peterson*28, Bailey*27, Reed*27, Kelly*27, Howard*26, "
        "Cox*26, Ward*26, Richardson*25, Watson*25, Wood*25, Brooks*24, Bennett*24, Gray*24, "
        "James*24, Hughes*23, Price*23, Myers*23, Long*22, Foster*22, Sanders*22, Ross*22, "
        "Russell*18, Fisher*18, Henderson*18, Coleman*17, Graham*17, Hamilton*17, Wallace*16, "
        "Woods*16, West*16, Cole*16, Owens*15, Reynolds*16, Stone*14, Hawkins*13, Palmer*12, "
        "Dunn*12, Perkins*12, Hudson*11, Spencer*11, Payne*11, Berry*11, Matthews*11, Wagner*11, "
        "Willis*10, Watkins*10, Carroll*10, Snyder*10, Duncan*10, Lane*10, Andrews*10, Harper*9, "
        "Fox*9, Weaver*9, Greene*9, Lawrence*9, Chapman*8, Kelley*8, Carpenter*8, Fields*7, "
        "St. Clair*3, Saint-John*2, Penn*2, Thistlethwaite*2, Featherstonehaugh*1, Ng*1, Wu*1, "
        "Ek*1, By*1",
        male=_ENGLISH_MALE,
        female=_ENGLISH_FEMALE,
        hyphen=0.02,
    ),
    "african-american": Source(
        share=105,
        last="Williams*78, Johnson*67, Smith*56, Jones*55, Brown*51, Jackson*38, Davis*35, Thomas*29, "
        "Harris*27, Robinson*24, Taylor*20, Wilson*20, Moore*20, Lewis*19, Walker*18, Green*17, "
        "Washington*15, White*15, Thompson*14, Anderson*13, Scott*13, Carter*13, Wright*13, "
        "Mitchell*12, Young*11, Allen*11, Hill*11, Jefferson*8, Coleman*8, Banks*6, Booker*5, "
        "Mosley*4, Gaines*4, Dorsey*4, Joseph*4, Charles*3, Bolden*3, Batiste*2, Pettigrew*1, "
        "Okafor*2, Adeyemi*2, Mensah*2, Tesfaye*1, Diallo*1, N'Diaye*1",
        male={
            1930: "James, Willie, John, Robert, Charles, William, George, Joe, Henry, Clarence, Leroy, "
            "Otis, Roosevelt, Booker, Isaiah, Cleveland, Percy, Lonnie, Curtis, Ulysses",
            1955: "James, Michael, Anthony, Robert, Kenneth, Reginald, Darryl, Larry, Ronald, Curtis, "
            "Tyrone, Jerome, Calvin, Reggie, Cedric, Marvin, Terrence, Andre, Maurice, Dwayne",
            1980: "Marcus, Christopher, Brandon, Michael, Terrell, Jamal, Darius, Antoine, Malik, Andre, "
            "DeShawn, Kwame",
        },
        female={
            1930: "Mary, Dorothy, Annie, Ruth, Willie Mae, Bessie, Ernestine, Mattie, Gloria, Earnestine, "
            "Hattie, Lillie, Odessa, Essie, Johnnie, Rosetta, Pearl, Ida, Ella, Lula",
            1955: "Brenda, Patricia, Gloria, Jacqueline, Sheila, Yolanda, Wanda, Yvonne, Angela, Vanessa, "
            "Regina, Phyllis, Denise, Valerie, Felicia, Latanya, Rhonda, Beverly, Cassandra, Renee",
            1980: "Ebony, Latoya, Tiffany, Kiara, Aaliyah, Jasmine, Keisha, Tamika, Monique, Imani, "
            "Shanice, La'Keisha",
        },
        english=0.3,
        hyphen=0.02,
    ),
    "spanish": Source(
        share=125,
        last="Garcia*100, Rodriguez*90, Martinez*90, Hernandez*85, Lopez*75, Gonzalez*70, Perez*55, "
        "Sanchez*50, Ramirez*46, Torres*36, Flores*36, Rivera*39, Gomez*30, Diaz*30, Reyes*27, "
        "Morales*27, Cruz*27, Ortiz*25, Gutierrez*24, Chavez*22, Ramos*20, Ruiz*20, Mendoza*17, "
        "Alvarez*18, Castillo*17, Vargas*15, Romero*14, García*17, Rodríguez*14, Martínez*14, "
        "Hernández*13, López*12, González*12, Pérez*8, Sánchez*8, Núñez*10, Muñoz*10, Peña*9, "
        "Ibáñez*4, Zúñiga*4, Güemes*2, Vázquez*6, Jiménez*6, Acuña*3, de la Cruz*10, "
        "De La Cruz*6, de la Rosa*5, de los Santos*4, de León*5, del Río*3, Del Toro*3, "
        "Montes de Oca*2, Íñiguez*1, Ponce de León*1, Garcia Lopez*3, Reyes Morales*2, "
        "Cienfuegos*2, Yturralde*1, Paz*2, Rey*1",
        male=_SPANISH_MALE,
        female=_SPANISH_FEMALE,
        english=0.15,
        hyphen=0.10,
        keeps=0.25,
    ),
    "irish": Source(
        share=34,
        last="Murphy*30, Kelly*24, Sullivan*22, O'Brien*20, Kennedy*16, McCarthy*14, O'Connor*14, "
        "Ryan*14, Walsh*13, Burke*12, Quinn*11, Fitzgerald*10, O'Neill*10, McDonald*16, "
        "O'Donnell*7, Gallagher*9, O'Reilly*6, O'Sullivan*5, McLaughlin*8, O'Leary*5, O'Hara*4, "
        "O'Keefe*4, O'Shea*4, Fitzpatrick*6, MacDonald*5, O’Malley*3, O'Rourke*3, "
        "Ní Dhomhnaill*1, Ó Súilleabháin*1, Mac an tSaoir*1",
        male={
            1930: "Patrick, Michael, Francis, Eugene, Daniel, Thomas, Brendan, Kevin, Dennis, Seán, Brian, "
            "Terence"
        },
        female={
            1930: "Kathleen, Eileen, Maureen, Margaret, Bridget, Noreen, Sheila, Colleen, Nora, Siobhán, "
            "Róisín, Áine"
        },
        english=0.55,
    ),
    "italian": Source(
        share=26,
        last="Russo, Romano, Esposito, Marino, Rossi, Caruso, DeLuca, D'Angelo, Gallo, Conti, Costa, "
        "Bruno, Rizzo, D'Amico, Lombardi, Moretti, Di Stefano, D'Agostino, Ferrara, Santoro, "
        "De Santis, DiGiovanni, Dell'Acqua, D'Alessandro, Lo Presti, Dalla Costa, Bo, Nicolò",
        male={
            1930: "Anthony, Salvatore, Vincent, Dominic, Carmine, Angelo, Rocco, Joseph, Frank, Pasquale, "
            "Nicolò, Gino"
        },
        female={
            1930: "Angela, Rose, Josephine, Concetta, Carmela, Antoinette, Marie, Filomena, Theresa, "
            "Lucia, Niccolina"
        },
        english=0.55,
    ),
    "dutch": Source(
        share=12,
        last="van der Berg, Van Dyke, Vandenberg, van den Heuvel, DeVries, De Jong, van der Meer, "
        "Dykstra, Hoekstra, van Buren, ter Horst, van 't Hof, Van Der Wal, op den Kamp, "
        "in 't Veld, Zylstra, Boersma",
        male={1930: "Peter, Henry, Gerrit, Cornelius, Harm, Willem, Dirk, Jan, Pieter, Klaas"},
        female={
            1930: "Johanna, Gertrude, Wilhelmina, Anna, Cornelia, Hendrika, Marijke, Trijntje, Saskia, Zoë"
        },
        english=0.6,
    ),
    "german": Source(
        share=26,
        last="Schmidt, Schultz, Becker, Hoffman, Schneider, Weber, Klein, Keller, Müller, Mueller, "
        "Zimmerman, Krüger, Schröder, Vogel, Böhm, Groß, Weiß, Jäger, Köhler, Günther, "
        "von Braunfels, von der Heide, Schwarzkopf, Oberhausen, Yoder, Stoltzfus, Troyer, "
        "zu Hohenfels",
        male={
            1930: "Karl, Heinz, Günter, Werner, Helmut, Otto, Fritz, Jürgen, Dieter, Wolfgang, Jörg, "
            "Klaus, Emil"
        },
        female={
            1930: "Ursula, Ingrid, Helga, Gisela, Erika, Hildegard, Renate, Gertrud, Bärbel, Käthe, Heidi, "
            "Greta"
        },
        english=0.7,
    ),
    "nordic": Source(
        share=15,
        last="Olson, Larson, Hanson, Carlson, Swanson, Johansson, Lindström, Søndergaard, Sørensen, "
        "Ødegård, Åström, Bjørnson, Nygård, Lindqvist, Mäkinen, Hämäläinen, Jørgensen, Kjær, Ås, "
        "Østergaard, Sigurðsson, Þorvaldsson, Ø",
        male={
            1930: "Lars, Erik, Nils, Sven, Olaf, Arne, Bjørn, Søren, Göran, Knut, Gunnar, Håkon, Jørn, Åke"
        },
        female={
            1930: "Ingrid, Astrid, Karin, Solveig, Signe, Inga, Gudrun, Märta, Åse, Bodil, Sigrún, Maj-Britt"
        },
        english=0.65,
    ),
    "polish": Source(
        share=12,
        last="Nowak, Kowalski, Wiśniewski, Wójcik, Kaminski, Lewandowski, Zieliński, Szymański, Łukasiewicz, "
        "Dąbrowski, Jabłoński, Wróbel, Źrebiec, Brzęczyszczykiewicz",
        male={1930: "Stanley, Casimir, Walter, Jan, Andrzej, Józef, Stanisław, Zbigniew, Łukasz, Kazimierz"},
        female={1930: "Stella, Helen, Wanda, Jadwiga, Małgorzata, Krystyna, Zofia, Halina, Bożena, Łucja"},
        english=0.5,
    ),
    "czech-and-slovak": Source(
        share=4,
        last="Novak, Dvořák, Svoboda, Černý, Růžička, Kučera, Němec, Hruška, Šťastný, Ďurica",
        male={1930: "Frank, Jan, Josef, Václav, Miloš, Jiří, Zdeněk, Tomáš"},
        female={1930: "Anna, Marie, Zdeňka, Jiřina, Věra, Božena, Ludmila"},
        english=0.5,
    ),
    "hungarian": Source(
        share=3,
        last="Kovács, Szabó, Nagy, Tóth, Horváth, Szűcs, Fekete, Őri, Ö",
        male={1930: "Steve, László, István, József, Gábor, Sándor, Győző"},
        female={1930: "Ilona, Erzsébet, Katalin, Margit, Éva, Gyöngyi"},
        english=0.4,
    ),
    "balkan": Source(
        share=4,
        last="Horvat, Kovačević, Jurić, Đorđević, Petrović, Popescu, Ionescu, Țurcanu, Șerban, Šimić",
        male={1930: "Nikola, Ivan, Marko, Đuro, Ștefan, Petar, Željko, Ion"},
        female={1930: "Marija, Ana, Ljiljana, Željka, Elena, Ștefania, Ivana"},
        english=0.3,
    ),
    "portuguese": Source(
        share=11,
        last="Silva, Pereira, Santos, Ferreira, da Silva, dos Santos, Souza, Gonçalves, Conceição, "
        "Magalhães, Simões, Araújo, d'Ávila, de Sá",
        male={1930: "Manuel, João, Antônio, José, Sebastião, Joaquim, Luís, Zé"},
        female={1930: "Maria, Fátima, Conceição, Lúcia, Inês, Assunção, Teresa, Graça"},
        english=0.35,
    ),
    "french-and-haitian": Source(
        share=10,
        last="Leblanc, Boudreaux, Landry, Hébert, Lefèvre, Bélanger, L'Heureux, D'Aubigné, "
        "de la Fontaine, Du Bois, Théberge, François, Jean-Baptiste, Pierre-Louis, Saint-Fleur, "
        "Le Goff, Y",
        male={
            1930: "Jean, Pierre, Marcel, René, André, Gérard, Jean-Paul, Jean-Claude, Wesner, Benoît, "
            "François"
        },
        female={1930: "Thérèse, Yvette, Geneviève, Marie-Claire, Hélène, Françoise, Noëlle, Marie, Solange"},
        english=0.35,
    ),
    "turkish": Source(
        share=4,
        last="Yılmaz, Kaya, Şahin, Öztürk, Çelik, Yıldız, Güneş, Doğan, İnan, Işık",
        male={1930: "Mehmet, Mustafa, İbrahim, Ömer, Hüseyin, Çağrı"},
        female={1930: "Ayşe, Fatma, Zeynep, Gülşen, İpek, Çiğdem"},
    ),
    "armenian-romanised": Source(
        share=3,
        last="Petrosyan, Sarkissian, Hovsepian, Ter-Hakobyan, Keshishyan",
        male={1930: "Armen, Hagop, Vartan, Garabed, Ara"},
        female={1930: "Anahit, Siranush, Araxie, Takouhi, Ani"},
        english=0.2,
    ),
    "vietnamese": Source(
        share=24,
        last="Nguyen*60, Tran*22, Le*18, Pham*14, Nguyễn*9, Huynh*9, Hoang*7, Vo*7, Phan*6, Dang*5, "
        "Trần*4, Đặng*4, Bui*4, Do*4, Ngo*3, Phạm*3, Lê*3, Võ*2, Đỗ*2, Bùi*2, Dương*2, Huỳnh*2, "
        "Vũ*2, Ô*1, Ý*1",
        male={
            1930: "Van, Minh, Hung, Thanh, Dung, Hai, Long, Tuan, Đức, Hùng, Thành, Văn Minh, Quang, Bảo, "
            "Phước, Sơn",
            1980: "Kevin, Minh, Tuan, Huy, Khoa, Duy, Quân, Anh Tuấn, Nam, Phúc",
        },
        female={
            1930: "Hoa, Lan, Mai, Thu, Hong, Nga, Thị Hoa, Phượng, Tuyết, Hạnh, Bích, Ngọc, Kim Anh, Thúy, "
            "Yến, Đào",
            1980: "Linh, Thao, Vy, Trang, Ngoc, Quỳnh, Thảo, Như, Phương Anh, Uyên",
        },
        english=0.2,
        keeps=0.8,
    ),
    "filipino": Source(
        share=18,
        last="Santos, Reyes, Cruz, Bautista, Dela Cruz, Ocampo, Garcia, Mendoza, Villanueva, Ramos, "
        "de Guzman, Aquino, Pascual, Macaraeg, Dimaculangan, Catacutan, delos Reyes, Tan, Sy, "
        "Uy, Ng",
        male={
            1930: "Jose, Rodolfo, Ernesto, Rogelio, Danilo, Reynaldo, Ferdinand, Jun, Bienvenido, "
            "Virgilio, Jejomar"
        },
        female={
            1930: "Maria, Teresita, Erlinda, Corazon, Remedios, Imelda, Luzviminda, Rosario, Ligaya, "
            "Marivic, Bing"
        },
        english=0.35,
        hyphen=0.03,
    ),
    "chinese-romanised": Source(
        share=16,
        last="Chen, Wang, Li, Lee, Wong, Liu, Zhang, Lin, Huang, Chan, Yang, Wu, Zhao, Xu, Ho, "
        "Ouyang, Lü, Ng, E, Szeto",
        male={1930: "Wei, Ming, Jian, Guoqiang, Kwok Wai, Yu-Chen, Zhiming, Xiaoming, Chi-Keung, Bo"},
        female={1930: "Mei, Li, Xiuying, Yan, Mei-Ling, Siu Fong, Shu-Fen, Xiaohong, Hua, Lan"},
        english=0.45,
        keeps=0.7,
    ),
    "korean-romanised": Source(
        share=11,
        last="Kim, Lee, Park, Choi, Jung, Kang, Cho, Yoon, Chang, Lim, Han, Shin, Oh, O, Yi, Namgung",
        male={1930: "Young-Ho, Sung Soo, Jae-Won, Dong Hyun, Min-Jun, Kyung-Ho, Sang Woo, In-Su, Joon"},
        female={1930: "Young-Ja, Soon Ja, Mi-Kyung, Eun-Jung, Hye Jin, Ji-Woo, Kyung-Sook, Ok-Soon, Jin"},
        english=0.4,
        keeps=0.75,
    ),
    "japanese-romanised": Source(
        share=8,
        last="Tanaka, Yamamoto, Suzuki, Sato, Nakamura, Watanabe, Ito, Ōno, Saitō, Kobayashi, Inouye, "
        "Okamoto, Ii, Ō",
        male={1930: "Hiroshi, Takeshi, Kenji, Minoru, Shigeru, Isamu, Kōji, Ryō, Jun'ichi, George"},
        female={1930: "Yoshiko, Fumiko, Michiko, Sachiko, Keiko, Yōko, Haruko, Shizue, Akemi, Setsuko"},
        english=0.5,
    ),
    "indian-romanised": Source(
        share=17,
        last="Patel, Singh, Shah, Sharma, Kumar, Gupta, Reddy, Desai, Mehta, Rao, Iyer, Nair, Kaur, "
        "Banerjee, Mukhopadhyay, Venkataraman, Balasubramanian, K, Om",
        male={
            1930: "Ramesh, Suresh, Mahesh, Harbhajan, Govind, Raj, Vijay, Ashok, Venkat, Arun, R.",
            1975: "Amit, Rahul, Sanjay, Vikram, Anil, Nikhil, Sandeep, Arjun",
        },
        female={
            1930: "Savitri, Kamala, Sushila, Lakshmi, Shanta, Meena, Usha, Sarla, Nirmala, Saraswati, Pushpa",
            1975: "Priya, Anjali, Neha, Pooja, Deepa, Kavita, Sunita, Divya",
        },
    ),
    "pakistani-and-bengali-romanised": Source(
        share=5,
        last="Khan, Ahmed, Hussain, Chowdhury, Malik, Qureshi, Siddiqui, Rahman, Ul-Haq, Sk",
        male={1930: "Mohammad, Abdul, Iqbal, Tariq, Khalid, Imran, Zia ul Haq, Md. Rafiq, Aslam"},
        female={1930: "Nasreen, Ayesha, Shabnam, Razia, Farida, Parveen, Rukhsana, Begum"},
    ),
    "arab-and-persian-romanised": Source(
        share=7,
        last="Haddad, Khoury, Nasser, Ahmadi, Hosseini, Abdullah, Al-Masri, El-Sayed, al-Hakim, "
        "bin Rashid, Abu-Zaid, Tehrani, Rahmani",
        male={1930: "Mohamed, Ahmad, Yusuf, Ibrahim, George, Elias, Reza, Ali, Abd al-Rahman"},
        female={1930: "Fatima, Layla, Mariam, Nadia, Samira, Shirin, Parvin, Zahra, Noor"},
        english=0.1,
    ),
    "jewish-romanised": Source(
        share=5,
        last="Cohen, Levy, Friedman, Goldstein, Mizrahi, Katz, Rosenberg, Ben-David, Bar-On, Or",
        male={1930: "David, Moshe, Avraham, Samuel, Irving, Morris, Seymour, Chaim, Yosef"},
        female={1930: "Ruth, Esther, Miriam, Sylvia, Rivka, Sarah, Shoshana, Chaya, Golda"},
        english=0.45,
    ),
    "native-american": Source(
        share=9,
        last="Begay, Yazzie, Tsosie, Benally, Nez, Whitehorse, Two Bulls, Running Bear, Red Feather, "
        "Locklear, Chee",
        male={1930: "Leroy, Wilson, Raymond, Herman, Chee, Alvin, Emerson, Leonard"},
        female={1930: "Bernice, Lorraine, Marlene, Haseya, Rose, Bessie, Arlene, Ruth"},
        english=0.5,
    ),
    "pacific": Source(
        share=5,
        last="Kealoha, Kahananui, Kapule, Nāhinu, Kaʻaihue, Tuiasosopo, Faʻasavalu, Mataʻafa, Tau, Ah Nee",
        male={1930: "Kimo, Keoni, Kaleo, Sione, Tavita, Ikaika, Kāwika"},
        female={1930: "Leilani, Malia, Kuʻulei, Nālani, Sina, Mele, Pualani"},
        english=0.5,
    ),
    "rare-shapes": Source(
        share=8,
        # One letter, two letters, very long, many words, inner capitals: each has broken somebody's form.
        last="O, E, U, I, Y, A, Xi, Aa, MacGillycuddy, "
        "Wickramasinghe Mudiyanselage Tikiri Bandaralage, Papadimitrakopoulos-Konstantinidis, "
        "Schwarzenbergerhausen-Lichtenfelsdorfer, Rattanachotiphanitkunakorn, "
        "Kahananuiokalanimakamaeikapuuwai, Andriamanantenasoaherizorakoto, "
        "St. John-Smythe-Featherstonehaugh, Llanfairwell-ap-Gruffydd, "
        "van der Waals-von Hohenberg und Lichtenau, " + _LONGEST,
        male={
            1930: "J, B, Q, Al, D'Artagnan, Jean-Christophe Maximilian Alexander Bartholomew Emmanuel, Ky, "
            "X, McKinley"
        },
        female={
            1930: "V, M, I, Jo, Mary Elizabeth Catherine Josephine Wilhelmina Alexandrina, O, "
            "Anne-Marie-Thérèse, Bo"
        },
        english=0.6,
    ),
    # From here on no Latin script: 73 of 1,000 households.
    "han": Source(
        share=13,
        last="王=Wang, 李=Li, 张=Zhang, 陳=Chen, 刘=Liu, 黃=Huang, 林=Lin, 赵=Zhao, 吴=Wu, 周=Zhou, "
        "歐陽=Ouyang, 司馬=Sima",
        male={
            1930: "建国=Jianguo, 国强=Guoqiang, 志明=Zhiming, 明=Ming, 德华=Dehua, 文=Wen, 福生=Fusheng, "
            "永康=Yongkang",
            1965: "伟=Wei, 强=Qiang, 家豪=Jiahao, 博=Bo, 俊杰=Junjie, 磊=Lei",
        },
        female={
            1930: "秀英=Xiuying, 美玲=Meiling, 淑芬=Shufen, 桂兰=Guilan, 玉珍=Yuzhen, 梅=Mei, 素貞=Suzhen",
            1965: "芳=Fang, 丽=Li, 雅婷=Yating, 静=Jing, 怡君=Yijun, 婷=Ting",
        },
        keeps=0.8,
    ),
    "kanji": Source(
        share=3,
        last="佐藤=Sato, 田中=Tanaka, 山本=Yamamoto, 鈴木=Suzuki, 佐々木=Sasaki, 林=Hayashi",
        male={1930: "弘=Hiroshi, 健二=Kenji, 茂=Shigeru, 誠=Makoto, 実=Minoru"},
        female={1930: "幸子=Sachiko, 恵子=Keiko, 美智子=Michiko, 節子=Setsuko, 和子=Kazuko"},
    ),
    "hangul": Source(
        share=10,
        last="김=Kim, 이=Lee, 박=Park, 최=Choi, 정=Jung, 강=Kang, 조=Cho, 윤=Yoon, 장=Jang, "
        "남궁=Namgung, 황보=Hwangbo",
        male={
            1930: "영수=Youngsoo, 영호=Youngho, 성호=Sungho, 철수=Chulsoo, 광수=Kwangsoo, 정웅=Jungwoong",
            1965: "정훈=Junghoon, 동현=Donghyun, 성민=Sungmin, 민준=Minjun, 솔=Sol",
        },
        female={
            1930: "영자=Youngja, 순자=Soonja, 영숙=Youngsook, 정숙=Jungsook, 옥순=Oksoon",
            1965: "미경=Mikyung, 은정=Eunjung, 지혜=Jihye, 서연=Seoyeon, 별=Byul",
        },
        keeps=0.8,
    ),
    "kana": Source(
        share=6,
        last="たなか=Tanaka, スズキ=Suzuki, さとう=Sato, ワタナベ=Watanabe, いとう=Ito, "
        "ヤマダ=Yamada, こばやし=Kobayashi, ナカジマ=Nakajima",
        male={
            1930: "ひろし=Hiroshi, ケンジ=Kenji, たけし=Takeshi, みのる=Minoru, ジョージ=Joji, "
            "しげる=Shigeru, ごろう=Goro"
        },
        female={
            1930: "よしこ=Yoshiko, ふみこ=Fumiko, ミチコ=Michiko, さくら=Sakura, けいこ=Keiko, "
            "ハルコ=Haruko, ゆりえ=Yurie"
        },
    ),
    "cyrillic": Source(
        share=13,
        last="Иванов/Иванова=Ivanov/Ivanova, Смирнов/Смирнова=Smirnov/Smirnova, "
        "Кузнецов/Кузнецова=Kuznetsov/Kuznetsova, Попов/Попова=Popov/Popova, "
        "Шевченко=Shevchenko, Коваленко=Kovalenko, Соловьёв/Соловьёва=Solovyov/Solovyova, "
        "Вознесенский/Вознесенская=Voznesensky/Voznesenskaya, Гур'єв/Гур'єва=Huriev/Hurieva, "
        "Їжакевич=Yizhakevych, Йовановић=Jovanovic, Цой=Tsoi, "
        "Щербаков/Щербакова=Shcherbakov/Shcherbakova, "
        "Смирнов-Орлов/Смирнова-Орлова=Smirnov-Orlov/Smirnova-Orlova",
        male={
            1930: "Владимир=Vladimir, Николай=Nikolai, Иван=Ivan, Борис=Boris, Сергей=Sergei, "
            "Александр=Alexander, Михаил=Mikhail, Юрий=Yuri, Фёдор=Fyodor, Андрій=Andriy, "
            "Ђорђе=Djordje"
        },
        female={
            1930: "Нина=Nina, Валентина=Valentina, Галина=Galina, Людмила=Lyudmila, Ольга=Olga, "
            "Светлана=Svetlana, Татьяна=Tatyana, Мария=Maria, Алёна=Alyona, Наталія=Nataliya, "
            "Анна=Anna"
        },
    ),
    "greek": Source(
        share=6,
        last="Παπαδόπουλος/Παπαδοπούλου=Papadopoulos/Papadopoulou, Νικολάου=Nikolaou, Γεωργίου=Georgiou, "
        "Δημητρίου=Dimitriou, Ιωάννου=Ioannou, Παππάς/Παππά=Pappas/Pappa, Οικονόμου=Oikonomou, "
        "Κωνσταντινίδης/Κωνσταντινίδου=Konstantinidis/Konstantinidou",
        male={
            1930: "Γεώργιος=Georgios, Ιωάννης=Ioannis, Κωνσταντίνος=Konstantinos, Δημήτρης=Dimitris, "
            "Νίκος=Nikos, Ηλίας=Ilias"
        },
        female={
            1930: "Μαρία=Maria, Ελένη=Eleni, Αικατερίνη=Aikaterini, Βασιλική=Vasiliki, Σοφία=Sofia, "
            "Δέσποινα=Despina, Ζωή=Zoi"
        },
    ),
    "arabic": Source(
        share=8,
        last="محمد=Mohammed, حداد=Haddad, خوري=Khoury, الأحمد=Al-Ahmad, المصري=Al-Masri, "
        "عبد الله=Abdullah, السيد=El-Sayed, حسيني=Hosseini, کریمی=Karimi, ناصر=Nasser",
        male={
            1930: "محمد=Mohammed, أحمد=Ahmad, علي=Ali, يوسف=Yusuf, إبراهيم=Ibrahim, "
            "عبد الرحمن=Abdulrahman, خالد=Khalid, رضا=Reza"
        },
        female={
            1930: "فاطمة=Fatima, مريم=Mariam, ليلى=Layla, نادية=Nadia, سميرة=Samira, زينب=Zainab, "
            "هدى=Huda, شیرین=Shirin"
        },
        keeps=0.6,
    ),
    "hebrew": Source(
        share=4,
        last="כהן=Cohen, לוי=Levy, מזרחי=Mizrahi, פרץ=Peretz, ביטון=Biton, פרידמן=Friedman, "
        "בן-דוד=Ben-David, אברהמי=Avrahami",
        male={1930: "משה=Moshe, יוסף=Yosef, דוד=David, יעקב=Yaakov, אברהם=Avraham, חיים=Chaim, שמואל=Shmuel"},
        female={1930: "רחל=Rachel, שרה=Sarah, אסתר=Esther, מרים=Miriam, רבקה=Rivka, חנה=Hannah, נעמי=Naomi"},
    ),
    "devanagari": Source(
        share=6,
        last="शर्मा=Sharma, पटेल=Patel, सिंह=Singh, गुप्ता=Gupta, कुमार=Kumar, वर्मा=Verma, "
        "जोशी=Joshi, चौधरी=Chaudhary, श्रेष्ठ=Shrestha",
        male={
            1930: "रमेश=Ramesh, सुरेश=Suresh, विजय=Vijay, अशोक=Ashok, गोविंद=Govind, राम=Ram, "
            "कृष्ण=Krishna, हरि=Hari"
        },
        female={
            1930: "सावित्री=Savitri, कमला=Kamala, सुशीला=Sushila, लक्ष्मी=Lakshmi, मीना=Meena, उषा=Usha, "
            "गीता=Gita, सीता=Sita"
        },
    ),
    "thai": Source(
        share=4,
        last="ศรีสุข=Srisuk, แสงทอง=Saengthong, วงศ์สวัสดิ์=Wongsawat, ทองดี=Thongdee, สุวรรณ=Suwan, "
        "รัตนโชติพานิชกุล=Rattanachotiphanitkun",
        male={1930: "สมชาย=Somchai, สมศักดิ์=Somsak, ประเสริฐ=Prasert, วิชัย=Wichai, บุญมี=Bunmi, กิตติ=Kitti"},
        female={1930: "สมศรี=Somsri, มาลี=Malee, บุญเรือน=Bunruean, สุดา=Suda, พรทิพย์=Phonthip, น้ำผึ้ง=Namphueng"},
    ),
}
